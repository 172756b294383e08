import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../components/core/base.ts";
import { mcpCheck } from "../components/network/names.ts";
import { secretsFolder } from "../components/settings/environment/uses.ts";
import type { Settings } from "../components/settings/schema.ts";
import type { Plan } from "./check/plan.ts";
import type { ServerSummary } from "./platform.ts";
import { containerSecurity, placement, podSecurity } from "./pod.ts";

const name = "mcp-check";
const tokenFile = "token";

export interface McpCheckArgs {
  namespace: pulumi.Input<string>;
  /** The MCP servers' image, which holds the check. */
  image: pulumi.Input<string>;
  /** What is asked, and where. */
  plan: pulumi.Input<Plan>;
  /** Of a client; secret. */
  token: pulumi.Input<string>;
  /**
   * Everything else that a change of makes it run again: what the servers, the gateway, Nginx and the data stores are made
   * of. Digests, no secrets.
   */
  contents: pulumi.Input<string[]>;
}

/** Seconds that a server has to answer once everything is ready: the gateway looks at each all 5 s, and believes it twice. */
const deadline = 45;

/** What is asked of a stack's servers, at the host where clients come. Pure. */
export function checkedServers(
  url: string,
  servers: readonly ServerSummary[],
  settings: Settings["mcp"],
): Pick<Plan, "servers" | "gateway" | "deadline"> {
  return {
    servers: servers
      .filter(({ enabled }) => enabled)
      .map(({ name, enabled, federated, revisions, path }) => ({
        name,
        enabled,
        federated,
        revisions,
        ...(path !== undefined && { url: `${url}${path}` }),
      })),
    gateway: { url: `${url}/mcp`, oidc: settings.gateway.oidc !== undefined },
    deadline,
  };
}

/** The token of the client that is there for checks, or the first. Pure. */
export const checkToken = (clients: Readonly<Record<string, string>>): string =>
  clients.check ?? Object.values(clients)[0] ?? "";

/** Digest of what is checked, short enough for a name. Pure. */
export const checkHash = (...parts: unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 10);

/**
 * The last step of an update: a Job asks every MCP server, by its own path and by the gateway, as a client does. The
 * update fails, with what did not answer, when one does not. It runs again with each change of anything that it asks,
 * or that this needs, and after a failure with the next update; where nothing of that changed there is nothing to ask.
 */
export class McpCheck extends Component {
  constructor(component: string, args: McpCheckArgs, opts?: pulumi.ComponentResourceOptions) {
    const { dependsOn, ...rest } = opts ?? {};
    super("mcp:McpCheck", component, rest);
    const { namespace } = args;
    const labels = { ...mcpCheck, "app.kubernetes.io/part-of": "sophia-mcp" };
    const secret = new k8s.core.v1.Secret(
      this.childName("token"),
      { metadata: { name, namespace, labels }, stringData: { [tokenFile]: pulumi.secret(args.token) } },
      this.child(),
    );
    const plan = pulumi.output(args.plan).apply((resolved) => JSON.stringify(resolved));
    // Of a random token a digest tells nothing.
    const hash = pulumi.unsecret(
      pulumi.all([args.image, plan, args.token, args.contents]).apply((parts) => checkHash(...parts)),
    );
    new k8s.batch.v1.Job(
      this.childName("job"),
      {
        metadata: {
          name: pulumi.interpolate`${name}-${hash}`,
          namespace,
          labels,
          // One that failed is no answer for the next update.
          annotations: { "pulumi.com/replaceUnready": "true" },
        },
        spec: {
          // The check itself asks again and again, so what it found stands: a second pod only for one that was lost.
          backoffLimit: 0,
          podFailurePolicy: {
            rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
          },
          activeDeadlineSeconds: 300,
          template: {
            metadata: { labels },
            spec: {
              restartPolicy: "Never",
              automountServiceAccountToken: false,
              enableServiceLinks: false,
              ...placement,
              securityContext: podSecurity,
              containers: [
                {
                  name: "check",
                  image: args.image,
                  command: ["node", "/app/mcp/check/main.ts"],
                  env: [
                    { name: "SOPHIA_CHECK_PLAN", value: plan },
                    { name: "SOPHIA_CHECK_TOKEN_FILE", value: `${secretsFolder}/${tokenFile}` },
                  ],
                  resources: {
                    requests: { cpu: "50m", memory: "96Mi" },
                    limits: { cpu: "1000m", memory: "256Mi" },
                  },
                  securityContext: containerSecurity,
                  // What a failed check said last is in the pod's status, and so in what the update says.
                  terminationMessagePolicy: "FallbackToLogsOnError",
                  volumeMounts: [{ name: "secrets", mountPath: secretsFolder, readOnly: true }],
                },
              ],
              volumes: [
                { name: "secrets", secret: { secretName: secret.metadata.name, defaultMode: 0o440 } },
              ],
            },
          },
        },
      },
      this.child({
        ...(dependsOn && { dependsOn }),
        // One that outlived the failure of its successor would stand in the way when all is again as it was.
        deleteBeforeReplace: true,
        customTimeouts: { create: "6m", update: "6m" },
      }),
    );
    this.registerOutputs({});
  }
}
