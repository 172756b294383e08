import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Peer } from "../../components/network/addresses.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { oneReplica } from "../catalog/entry.ts";
import type { DeployedEntry } from "../catalog/index.ts";
import { clientLabels, egressRules, type Urls } from "./egress.ts";
import { environmentOf, type Provided } from "./environment.ts";
import { closingSeconds, dns, labelsOf, podSpec } from "./pod.ts";
import { autoscaler, fixed, type GpuScaling, gpuAutoscaler, gpuReplicas, rolling } from "./scaling.ts";

export interface McpServerArgs {
  /** Its entry in the catalog. A change of what its pod is made of rolls it. */
  entry: DeployedEntry;
  /** A change of the image, the resources or the server's variables rolls it. */
  settings: Settings["mcp"];
  /** The image of our own servers and of the npm packages of others. */
  image: pulumi.Input<string>;
  /** Namespace of its objects. A change creates them anew in the other one. */
  namespace: pulumi.Input<string>;
  /** The stack's hosts, as shown by `list_hosts`. */
  hosts: pulumi.Input<unknown[]>;
  /** Endpoints of Kubernetes's API, behind its Service. */
  apiServers: pulumi.Input<Peer[]>;
  /** Endpoints outside the cluster. */
  urls: Urls;
  /** The server gets those values that it reads. A change of a secret restarts the servers that read it. */
  provided: Provided;
  /** Default: servers with a GPU slice run their minimum of replicas. A change rolls nothing. */
  gpuScaling?: GpuScaling | undefined;
  /** Resources that must exist before the pods start, such as the entry's volume. A change does nothing. */
  after?: pulumi.Resource[];
}

const hostsVariable = "SOPHIA_HOSTS_FILE";

/** Specifications of a server's objects in Kubernetes. Pure. */
export function serverObjects(args: McpServerArgs) {
  const { entry, settings } = args;
  const name = dns(entry.name);
  const selector = labelsOf(entry.name);
  const variables = {
    PORT: String(entry.port),
    SOPHIA_MCP_SHUTDOWN_GRACE: String(closingSeconds(entry)),
    [hostsVariable]: "/etc/sophia/hosts.json",
    ...settings.servers[entry.name]?.variables,
  };
  const { plain, secrets } = environmentOf(entry, variables, args.provided, name);
  // A server that does not read the hosts is not restarted when one is added.
  const readsHosts = plain.some((variable) => variable.name === hostsVariable);
  const replicas = settings.servers[entry.name]?.replicas ?? entry.replicas;
  const scaling = autoscalingOf(args, name, replicas);
  return {
    metadata: { name, namespace: args.namespace, labels: selector },
    selector,
    secrets,
    readsHosts,
    scaling,
    policy: {
      podSelector: { matchLabels: selector },
      policyTypes: ["Egress"],
      egress: pulumi.output(args.apiServers).apply((apiServers) => egressRules(entry, apiServers, args.urls)),
    },
    clusterRole: entry.kubernetes && [
      { apiGroups: [""], resources: entry.kubernetes.resources, verbs: ["get", "list"] },
    ],
    template: (
      account: pulumi.Input<string>,
      checksum: pulumi.Input<string>,
    ): types.input.core.v1.PodTemplateSpec => ({
      metadata: {
        labels: { ...selector, ...clientLabels(entry) },
        annotations: { "sophia.ai/config": checksum },
      },
      spec: podSpec(entry, {
        settings,
        environment: plain,
        hosts: readsHosts,
        files: Object.keys(secrets).some((variable) => variable.endsWith("_FILE")),
        image: imageOf(args),
        account,
      }),
    }),
    deployment: (template: types.input.core.v1.PodTemplateSpec): types.input.apps.v1.DeploymentSpec => ({
      replicas: replicas.min,
      strategy: entry.volume ? { type: "Recreate" } : rolling,
      selector: { matchLabels: selector },
      template,
    }),
    service: {
      selector,
      ports: [{ name: "mcp", port: entry.port, targetPort: "mcp" }],
    },
  };
}

/** By its GPU where it has a slice, otherwise by its CPU; undefined where there is never more than one replica. */
function autoscalingOf(
  { entry, settings, gpuScaling }: McpServerArgs,
  name: string,
  replicas: DeployedEntry["replicas"],
) {
  if (oneReplica(entry)) return undefined;
  if (entry.gpuSlices === 0) return autoscaler(name, settings.autoscaling ? replicas : fixed(replicas));
  // Without the GPUs' metric the CPU's stands in: a fixed number needs none.
  if (!gpuScaling) return autoscaler(name, fixed(replicas));
  return gpuAutoscaler(name, gpuReplicas(replicas, gpuScaling), gpuScaling);
}

/** The vendor's image where the entry names one, otherwise the shared image. */
function imageOf({ entry, settings, image }: McpServerArgs): pulumi.Input<string> {
  if (entry.kind !== "container" || entry.image === undefined) return image;
  return settings.servers[entry.name]?.image ?? entry.image;
}
