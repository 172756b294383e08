import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../components/core/base.ts";
import { contentHash } from "../components/core/digest.ts";
import { mcpCheck } from "../components/network/names.ts";
import { unlessDisrupted } from "../components/services/jobs.ts";
import { restrictedContainer, restrictedPod } from "../components/services/restricted.ts";
import { secretsFolder } from "../components/settings/environment/uses.ts";
import type { Plan } from "./check/plan.ts";
import { compiledCode, placement } from "./deployment/pod.ts";
import type { ServerSummary } from "./platform.ts";

const name = "mcp-check";
const tokenFile = "token";

/** Digests of the parts of the platform; no secrets. */
interface CheckDigests {
  /** K3s and the machines. */
  cluster: pulumi.Input<string>;
  /** Quotas and network policies. */
  namespaces: pulumi.Input<string>;
  gpu: pulumi.Input<string>;
  postgres: pulumi.Input<string>;
  redis: pulumi.Input<string>;
  nginx: pulumi.Input<string>;
  /** Of the gateway and of every server. */
  servers: pulumi.Input<string[]>;
}

export interface McpCheckArgs {
  /** Namespace of its objects. A change creates them anew in the other one, and runs the check. */
  namespace: pulumi.Input<string>;
  /** The MCP servers' image, which holds the check. */
  image: pulumi.Input<string>;
  /** Public host name of the stack. */
  hostname: string;
  /** Name of Nginx inside the cluster. */
  address: pulumi.Input<string>;
  /** PEM of the certificate that Nginx serves. */
  certificate: pulumi.Input<string>;
  /** All of the catalog; those that are enabled are checked. */
  servers: readonly ServerSummary[];
  /** The gateway accepts only an identity provider's tokens. */
  oidc: boolean;
  /** Tokens by client; secret. The check is the client `check`, else the first one. */
  clients: pulumi.Input<Readonly<Record<string, string>>>;
  /** Of everything that a server needs to respond. A change of one runs the check again. */
  digests: CheckDigests;
}

/**
 * Seconds for all servers to respond once everything is ready. The gateway probes every 5 s, and needs two good results; a
 * small node that starts other pods of the same update is slow at it.
 */
const deadline = 90;

/** What the plan is made of, once it is known. */
export interface CheckPlanInput extends Pick<McpCheckArgs, "hostname" | "servers" | "oidc"> {
  address: string;
  certificate: string;
}

/** The plan of the check: every enabled server, at its public URL. Pure. */
export function checkPlan({ hostname, servers, oidc, address, certificate }: CheckPlanInput): Plan {
  const url = `https://${hostname}`;
  return {
    servers: servers
      .filter(({ enabled }) => enabled)
      .map(({ name, enabled, federated, revisions, path, toolAllow }) => ({
        name,
        enabled,
        federated,
        revisions,
        ...(path !== undefined && { url: `${url}${path}` }),
        ...(toolAllow !== undefined && { toolAllow }),
      })),
    gateway: { url: `${url}/mcp`, oidc },
    address,
    certificate,
    deadline,
  };
}

/** The token of the client `check`, or of the first client. Pure. */
export const checkToken = (clients: Readonly<Record<string, string>>): string =>
  clients.check ?? Object.values(clients)[0] ?? "";

/** The pod of the check. Pure. */
const checkPod = (
  image: pulumi.Input<string>,
  plan: pulumi.Input<string>,
  secretName: pulumi.Input<string>,
): types.input.core.v1.PodSpec => ({
  restartPolicy: "Never",
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  ...placement,
  securityContext: restrictedPod({ volumes: true }),
  containers: [
    {
      name: "check",
      image,
      command: ["node", "/app/mcp/check/main.ts"],
      env: [
        compiledCode,
        { name: "SOPHIA_CHECK_PLAN", value: plan },
        { name: "SOPHIA_CHECK_TOKEN_FILE", value: `${secretsFolder}/${tokenFile}` },
      ],
      resources: {
        requests: { cpu: "50m", memory: "96Mi" },
        limits: { cpu: "1000m", memory: "256Mi" },
      },
      securityContext: restrictedContainer,
      // The last lines of a failed check are then in the pod's status, which the update shows.
      terminationMessagePolicy: "FallbackToLogsOnError",
      volumeMounts: [{ name: "secrets", mountPath: secretsFolder, readOnly: true }],
    },
  ],
  volumes: [{ name: "secrets", secret: { secretName, defaultMode: 0o440 } }],
});

/**
 * The last step of an update: a Job checks every MCP server as a client, at its own path and at the gateway. The update
 * fails, and names the servers, when one does not respond. The Job runs again after a change of anything that it checks or
 * that a server depends on, and after a failure; otherwise the update does not run it.
 */
export class McpCheck extends Component {
  constructor(component: string, args: McpCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    const { dependsOn, ...rest } = opts ?? {};
    super("mcp:McpCheck", component, rest);
    const { namespace, hostname, servers, oidc } = args;
    const token = pulumi.secret(args.clients).apply(checkToken);
    const labels = { ...mcpCheck, "app.kubernetes.io/part-of": "sophia-mcp" };
    const secret = new k8s.core.v1.Secret(
      this.childName("token"),
      { metadata: { name, namespace, labels }, stringData: { [tokenFile]: token } },
      this.child(),
    );
    const plan = pulumi
      .all([args.address, args.certificate])
      .apply(([address, certificate]) =>
        JSON.stringify(checkPlan({ hostname, servers, oidc, address, certificate })),
      );
    // A digest of a random token reveals nothing.
    const hash = pulumi.unsecret(
      pulumi.all([args.image, plan, token, args.digests]).apply((parts) => contentHash(...parts)),
    );
    new k8s.batch.v1.Job(
      this.childName("job"),
      {
        metadata: {
          name: pulumi.interpolate`${name}-${hash}`,
          namespace,
          labels,
          // The next update replaces a Job that failed.
          annotations: { "pulumi.com/replaceUnready": "true" },
        },
        spec: {
          // The check itself retries, so its failure is final: a second pod only for one that was evicted.
          backoffLimit: 0,
          podFailurePolicy: unlessDisrupted,
          activeDeadlineSeconds: 300,
          template: { metadata: { labels }, spec: checkPod(args.image, plan, secret.metadata.name) },
        },
      },
      this.child({
        ...(dependsOn && { dependsOn }),
        // A Job that stays after its replacement failed would have the name that the original contents need again.
        deleteBeforeReplace: true,
        customTimeouts: { create: "6m", update: "6m" },
      }),
    );
    this.registerOutputs({});
  }
}
