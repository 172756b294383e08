import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../core/base.ts";
import { pinned } from "../../images/digests.ts";
import { SelfSignedCertificate } from "../certificate.ts";
import type { Manifest } from "./manifest.ts";

type Json = { [key: string]: unknown };
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Schemas without their prose, which is most of a megabyte in every copy of the state. */
function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      // A property that is called `description` is an object; the prose is a string.
      .filter(([key, inner]) => !(key === "description" && typeof inner === "string"))
      .map(([key, inner]) => [key, withoutDescriptions(inner)]),
  );
}

const groupType = "kubernetes:yaml:ConfigGroup";

/** A group's own inputs are all its objects once more, in a state that is written twice for every resource. */
const withoutObjects: pulumi.ResourceTransformation = ({ type, opts }) =>
  type === groupType ? { props: {}, opts } : undefined;

/**
 * Taken out of the program, the definitions stay in the cluster: Kubernetes deletes with a definition all that it defines,
 * here the databases with their volumes. A destroyed stack's definitions go with its cluster.
 */
export const keptDefinitions: pulumi.ResourceTransformation = ({ type, props, opts }) =>
  type === "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
    ? { props, opts: pulumi.mergeOptions(opts, { retainOnDelete: true }) }
    : undefined;

/** By image, as in the setting `images.digests`. */
type Digests = Readonly<Record<string, string>>;

/** Labels that the nodes carry on which the operator may run. */
const servers = { "sophia.ai/role-server": "true" };

const operatorImage = "OPERATOR_IMAGE_NAME";

function hardened(deployment: Manifest, digests: Digests): Manifest {
  const copy = structuredClone(deployment);
  const template = isObject(copy.spec) && isObject(copy.spec.template) ? copy.spec.template : {};
  const pod = isObject(template.spec) ? template.spec : undefined;
  if (!pod || !Array.isArray(pod.containers)) {
    throw new Error(`deployment ${deployment.metadata.name} of the operator's manifest has no containers`);
  }
  // Beside the API server, whose webhook calls then never leave the host.
  pod.nodeSelector = servers;
  pod.tolerations = [
    { key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" },
  ];
  pod.containers = pod.containers.filter(isObject).map((container) => ({
    ...container,
    ...(typeof container.image === "string" && { image: pinned(container.image, digests) }),
    // Tags are fixed: a node that has the image needs no registry to restart the operator.
    imagePullPolicy: "IfNotPresent",
    ...(Array.isArray(container.env) && {
      env: container.env.filter(isObject).map((variable) =>
        // Every server's first container is a copy of the operator, from the image that this names.
        variable.name === operatorImage && typeof variable.value === "string"
          ? { ...variable, value: pinned(variable.value, digests) }
          : variable,
      ),
    }),
    // With the manifest's tenth of a core it does not start within its own probe's patience on a busy host. It is asked
    // each second, for the databases wait for it.
    resources: { requests: { cpu: "50m", memory: "100Mi" }, limits: { cpu: "1", memory: "256Mi" } },
    ...(isObject(container.startupProbe)
      ? { startupProbe: { ...container.startupProbe, periodSeconds: 1, failureThreshold: 150 } }
      : {}),
  }));
  return copy;
}

/** The release manifest as we apply it: in a namespace that is already there, and hardened. */
export function operatorObjects(manifest: Manifest[], digests: Digests = {}): Manifest[] {
  return manifest
    .filter(({ kind }) => kind !== "Namespace")
    .map((object) => {
      switch (object.kind) {
        case "CustomResourceDefinition":
          return { ...object, spec: withoutDescriptions(object.spec) as Json };
        case "Deployment":
          return hardened(object, digests);
        default:
          return object;
      }
    });
}

/** Where Kubernetes calls the operator, and the Secret with the certificate that it shows there. */
function webhookOf(manifest: Manifest[]) {
  const service = manifest.find(({ kind }) => kind === "Service")?.metadata;
  const deployment = manifest.find(({ kind }) => kind === "Deployment");
  const secret = /"secretName":"([^"]+)"/.exec(JSON.stringify(deployment?.spec ?? {}))?.[1];
  if (!service?.namespace || !secret) {
    throw new Error(
      "the operator's manifest (postgres.operatorManifest) has no Service with a namespace, or its pod mounts no Secret; " +
        "is it CloudNativePG's release manifest, and complete?",
    );
  }
  const { name, namespace } = service;
  return { namespace, secret, host: `${name}.${namespace}.svc` };
}

export interface PostgresOperatorArgs {
  /** The operator's release manifest, see `loadManifest`. A change upgrades the operator. */
  manifest: Manifest[];
  /** There when the namespace that the manifest names is isolated. */
  namespace: pulumi.Resource;
  /** Setting `images.digests`: the manifest names its image by tag. */
  digests?: Digests;
}

/** CloudNativePG's operator from its release manifest. */
export class PostgresOperator extends Component {
  /** Resolves only when the operator runs; resources of its kinds depend on it. */
  readonly ready: pulumi.Output<boolean>;

  constructor(name: string, args: PostgresOperatorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:PostgresOperator", name, opts);
    const objects = operatorObjects(args.manifest, args.digests);
    const group = (
      suffix: string,
      objs: Manifest[],
      dependsOn: pulumi.ComponentResourceOptions["dependsOn"],
    ) =>
      new k8s.yaml.ConfigGroup(
        this.childName(suffix),
        { objs, resourcePrefix: this.childName("object") },
        pulumi.mergeOptions(this.child(), { dependsOn, transformations: [withoutObjects, keptDefinitions] }),
      ).resources.apply((resources): pulumi.CustomResource[] => Object.values(resources));
    // An operator that starts before its definitions crashes, and is restarted with growing delays. Its Service is
    // ready only with it.
    const isRunning = ({ kind }: Manifest) => kind === "Deployment" || kind === "Service";
    const definitions = group(
      "definitions",
      objects.filter((object) => !isRunning(object)),
      [args.namespace],
    );
    const certificate = this.#certificate(webhookOf(args.manifest), args.namespace);
    const running = group(
      "running",
      objects.filter(isRunning),
      definitions.apply((made) => [...made, certificate]),
    );
    this.ready = running
      .apply((resources) => pulumi.all(resources.map(({ id }) => id)))
      .apply((ids) => ids.length > 0);
    this.registerOutputs({ ready: this.ready });
  }

  /**
   * Without one the operator makes its own, and waits until the kubelet has it in the pod, for up to half a minute. It trusts
   * and renews this one just the same.
   */
  #certificate({ namespace, secret, host }: ReturnType<typeof webhookOf>, isolated: pulumi.Resource) {
    const { certificate, key } = new SelfSignedCertificate(
      this.childName("certificate"),
      { names: [host] },
      this.child(),
    );
    return new k8s.core.v1.Secret(
      this.childName("webhook"),
      {
        metadata: { name: secret, namespace },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": pulumi.secret(key) },
      },
      pulumi.mergeOptions(this.child(), { dependsOn: [isolated] }),
    );
  }
}
