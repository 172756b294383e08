import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { Component } from "../core/base.ts";
import type { Settings } from "../settings/schema.ts";
import { HelmService } from "./helm.ts";

const gpu = "nvidia.com/gpu";

/** The device plugin's own configuration file: every GPU is offered as so many slices. */
export const sharingConfig = (slicesPerGpu: number) => ({
  version: "v1",
  flags: { migStrategy: "none" },
  sharing: {
    timeSlicing: {
      renameByDefault: false,
      // Two slices of one GPU are not twice the GPU: asking for more than one is a mistake.
      failRequestsGreaterThanOne: true,
      resources: [{ name: gpu, replicas: slicesPerGpu }],
    },
  },
});

/** Values of NVIDIA's chart `nvidia-device-plugin`, for the image as `name:tag`, with or without a digest. */
export function gpuValues(settings: Settings["gpu"], image: string) {
  const [reference = ""] = image.split("@");
  const split = reference.lastIndexOf(":");
  const config = `ts${settings.slicesPerGpu}`;
  return {
    image: { repository: image.slice(0, split), tag: image.slice(split + 1), pullPolicy: "IfNotPresent" },
    // Without NVIDIA's runtime the plugin finds no driver.
    runtimeClassName: "nvidia",
    // Nodes are labelled by us: no discovery needed.
    gfd: { enabled: false },
    nfd: { enabled: false },
    nodeSelector: { "nvidia.com/gpu.present": "true" },
    config: { default: config, map: { [config]: stringify(sharingConfig(settings.slicesPerGpu)) } },
    resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { cpu: "200m", memory: "128Mi" } },
  };
}

/**
 * `spec` of the admission policy by which Kubernetes's API refuses what `sharingConfig` makes the plugin refuse: without
 * it such a pod exists and has failed, and its Deployment makes the next. A LimitRange cannot say it (decision 20).
 */
export const oneSlicePolicy = {
  failurePolicy: "Fail",
  matchConstraints: {
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
  },
  variables: [
    {
      name: "greedy",
      expression:
        "(object.spec.containers + object.spec.?initContainers.orValue([]))" +
        `.filter(c, quantity(string(c.?resources.?limits[?'${gpu}'].orValue('0'))).isGreaterThan(quantity('1')))`,
    },
  ],
  validations: [
    {
      expression: "variables.greedy.size() == 0",
      messageExpression:
        `variables.greedy.map(c, c.name).join(', ') + ': more than one ${gpu}. It is a time slice, and two slices of ` +
        `one GPU are not twice the GPU: ask for 1'`,
      reason: "Invalid",
    },
  ],
};

/** `spec` of the policy's binding: it holds in every namespace. The policy's own name is in it. */
export const oneSliceBinding = { policyName: "one-gpu-slice-a-container", validationActions: ["Deny"] };

export interface GpuPluginArgs {
  /** Section `gpu`. A change of the slices restarts the plugin, not the pods that use them. */
  settings: Settings["gpu"];
  /** Namespace of the release, which must exist. A change is a new release. */
  namespace: pulumi.Input<string>;
}

/**
 * NVIDIA's device plugin on every node that has GPUs: makes `nvidia.com/gpu` a resource, in time slices, of which a
 * container of any namespace gets one.
 */
export class GpuPlugin extends Component {
  /** Resolves only when the plugin runs; a resource that needs a slice depends on it. */
  readonly ready: pulumi.Output<boolean>;
  /** Digest of chart and values. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: GpuPluginArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:GpuPlugin", name, opts);
    const service = new HelmService(
      this.childName("service"),
      {
        chart: args.settings.pluginChart,
        release: "nvidia-device-plugin",
        namespace: args.namespace,
        values: gpuValues(args.settings, args.settings.pluginImage),
      },
      this.child(),
    );
    const metadata = { name: oneSliceBinding.policyName };
    const policy = new k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
      this.childName("one-slice"),
      { metadata, spec: oneSlicePolicy },
      this.child(),
    );
    new k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
      this.childName("one-slice-binding"),
      { metadata, spec: oneSliceBinding },
      this.child({ dependsOn: [policy] }),
    );
    this.ready = service.host.apply(() => true);
    this.digest = service.digest;
    this.registerOutputs({ ready: this.ready });
  }
}
