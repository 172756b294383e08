import { z } from "zod";
import { labelKey, labelValue, list, network, taint } from "./formats.ts";

const instanceType = z
  .string()
  .regex(/^(gpu|cpu)_[0-9]+x_[a-z0-9_]+$/, "a Lambda instance type like gpu_1x_a10");
const region = z.string().regex(/^[a-z]+-[a-z]+-[0-9]+$/, "a Lambda region like us-west-1");

/** Where and how instances are rented. */
export const lambdaSettings = z.strictObject({
  /** Base URL of the Lambda Cloud API. A change re-configures the provider and touches no instance. */
  apiUrl: z.url().default("https://cloud.lambda.ai/api/v1"),
  /**
   * Requests per second of all processes of this machine that run as the same user, with the same API key and temporary
   * folder. Lambda allows 1 for the whole account: a second machine, user or key is slowed down by its 429.
   */
  requestsPerSecond: z.number().positive().max(1000).default(1),
  /** Seconds between two launches, counted the same way. Lambda refuses more than one in 12 s for the whole account. */
  launchSpacing: z.number().nonnegative().default(12),
  /** Seconds from launch until an instance must be active with an address. Boots of 4 to 16 minutes were seen. */
  bootDeadline: z.number().int().positive().default(1500),
  /** Seconds from terminate until an instance must be gone. */
  terminateDeadline: z.number().int().positive().default(900),
  /**
   * Seconds during which an instance that is not listed may still appear: after a launch whose reply was lost, `up`
   * looks for the instance that long before it says that nothing was launched.
   */
  settleDeadline: z.number().int().nonnegative().default(180),
  /**
   * Seconds to go on with calls that are safe to repeat while Lambda does not answer or says 429. Where it asks for a
   * longer pause by `Retry-After`, calls fail at once until the pause is over.
   */
  retryDeadline: z.number().int().nonnegative().default(120),
  /** Seconds between two polls of an instance. */
  pollInterval: z.number().positive().default(5),
  /** How many instances that turn unhealthy while booting are terminated and launched again. */
  unhealthyReplacements: z.number().int().min(0).max(5).default(2),
  /** Regions in order of preference. */
  regions: list(region).min(1).default(["us-west-1", "us-west-3", "us-south-1", "us-east-1"]),
  /**
   * Instance types in order of preference. First each is tried in every region where Lambda lists capacity for it, then all
   * in the other regions, as that list can be wrong.
   */
  instanceTypes: list(instanceType).min(1).default(["gpu_1x_a10", "gpu_1x_a6000", "gpu_1x_a100"]),
  /** Image family. A change replaces every launched host. */
  imageFamily: z.string().min(1).default("lambda-stack-22-04"),
  /** The key that hosts accept at their launch. */
  sshKey: z.strictObject({
    /**
     * Its name in the account. The account's key of that name is used, and never deleted, where it is the same key; else the
     * program adds the key, with a digest after the name. A change matters at the next launch only.
     */
    name: z.string().min(1).max(64),
    /** The public half of the secret `sshPrivateKey`; any other is refused. Left out: derived from it. */
    publicKey: z
      .string()
      .regex(/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp256) [A-Za-z0-9+/=]+/, "an OpenSSH public key")
      .optional(),
  }),
  /** A persistent file system mounted on every launched host in its region. Left out: none. */
  fileSystem: z
    .strictObject({
      /**
       * Its name, unique in the account: one that exists is used, and never deleted. Another name is another, empty file
       * system, and replaces the hosts that mount it.
       */
      name: z
        .string()
        .regex(/^[a-zA-Z]+[0-9a-zA-Z-]*$/, "a letter, then letters, digits and dashes")
        .max(60),
      /** Where it is. Another region is another, empty file system, and replaces the hosts that mount either. */
      region,
      /**
       * Taking it out of the settings, or destroying the stack, leaves it and its data, and its price. To a later run on
       * another machine, one that was left is one that was there before: it is used, and never deleted, also with false.
       */
      keep: z.boolean().default(true),
    })
    .optional(),
  /** Inbound rules beyond what hosts need of each other. */
  firewall: z.strictObject({
    /**
     * Source networks that may reach port 22 and 6443: yours, and that of the machine that runs the program.
     * `0.0.0.0/0` opens both to the internet, which the policy `firewall` refuses except for the lab. A change is applied at once.
     * Each makes two firewall rules: a fleet that would need more than 20, which Lambda advises against, is refused.
     */
    adminNetworks: list(network).min(1),
  }),
});

export const hostRoles = ["server", "agent", "ingress", "data", "mcp"] as const;
export type HostRole = (typeof hostRoles)[number];

/** One host of the fleet. */
export const hostSettings = z.strictObject({
  /**
   * Logical and node name, except that the MCP host's node is called `mcp-node`. A change replaces the host; an adopted one
   * stays, and is refused where it is the K3s server: its volumes are tied to its node's name.
   */
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, "lower-case letters, digits and dashes"),
  /** `server` and `agent` are K3s's words; the others say which workloads the node takes. */
  roles: list(z.enum(hostRoles)).min(1),
  /**
   * Take a host that already runs instead of launching one. Never re-creates or reboots it. One that this stack launched
   * goes on running, and is no longer terminated with the stack, also under another `name` here; without `adopt` again, another
   * one is launched, and both are billed. Its files stay, and the first update turns `ufw` off, closes
   * every port that the platform does not need, lets only `user` log in by SSH, and by key, turns services named
   * `*jupyter*` off and masks them, and updates packages. A host on
   * which another program or another stack installed K3s is refused before any of that. A host that leaves the stack runs on
   * without K3s: the update drains its node, stops and disables K3s there with its containers, and removes its tokens. The volumes of its pods and
   * a server's database stay on its disk.
   * Lambda attaches firewall rulesets at the launch only: the rules of an adopted host are set by hand, and each update
   * warns of what they do not admit.
   */
  adopt: z
    .union(
      [z.strictObject({ id: z.string().min(1) }), z.strictObject({ name: z.string().min(1) })],
      "either { id: … } or { name: … } of the instance",
    )
    .optional(),
  /** Override of the fleet's order of preference. A change matters at the next launch only. */
  instanceTypes: list(instanceType).min(1).optional(),
  /** Override of the fleet's regions, in order of preference. A change matters at the next launch only. */
  regions: list(region).min(1).optional(),
  /** Extra node labels; a change is applied to the running node. */
  labels: z.record(labelKey, labelValue).default({}),
  /**
   * Extra node taints, `key=value:Effect`; a change is applied to the running node. One that would keep the platform's own pods
   * off the host is refused. `PreferNoSchedule` is always taken; a host with no role but `agent` takes any taint; one with
   * `agent` and `mcp` alone takes `nvidia.com/gpu` with `NoSchedule`.
   */
  taints: list(taint).default([]),
});
export type HostSettings = z.infer<typeof hostSettings>;

/** Whether all pods that a host's roles bring to it tolerate a taint. Pure. */
function isTolerated(taint: string, roles: readonly HostRole[]): boolean {
  const [, key, effect] = /^([^=:]+).*:([A-Za-z]+)$/.exec(taint) ?? [];
  const workloads = roles.filter((role) => role !== "agent");
  // What has no effect is refused for its form.
  if (effect === undefined || effect === "PreferNoSchedule" || workloads.length === 0) return true;
  const isForGpus = key === "nvidia.com/gpu" && effect === "NoSchedule";
  return isForGpus && workloads.every((role) => role === "mcp");
}

/** The fleet: exactly one K3s server for now, at least one host for each kind of workload. */
export const fleetSettings = z
  .array(hostSettings)
  .min(1)
  .superRefine((hosts, context) => {
    const names = new Set<string>();
    hosts.forEach((host, index) => {
      if (names.has(host.name)) {
        context.addIssue({
          code: "custom",
          path: [index, "name"],
          message: `two hosts are called ${host.name}`,
        });
      }
      names.add(host.name);
      const kinds = host.roles.filter((role) => role === "server" || role === "agent");
      if (kinds.length !== 1) {
        context.addIssue({ code: "custom", path: [index, "roles"], message: "exactly one of server, agent" });
      }
      host.taints.forEach((taint, place) => {
        if (isTolerated(taint, host.roles)) return;
        const message = `${taint} would keep pods of its roles (${host.roles.join(", ")}) off ${host.name}; use the effect PreferNoSchedule`;
        context.addIssue({ code: "custom", path: [index, "taints", place], message });
      });
    });
    // `nodeName` in k3s/host.ts.
    const other = hosts.findIndex(({ name, roles }) => name === "mcp-node" && !roles.includes("mcp"));
    if (other >= 0)
      context.addIssue({
        code: "custom",
        path: [other, "name"],
        message: "mcp-node is the node of the host with role mcp",
      });
    const count = (role: HostRole) => hosts.filter((host) => host.roles.includes(role)).length;
    for (const role of ["server", "mcp"] as const) {
      if (count(role) !== 1)
        context.addIssue({
          code: "custom",
          message: `exactly one host with role ${role}, got ${count(role)}`,
        });
    }
    for (const role of ["ingress", "data"] as const) {
      if (count(role) === 0)
        context.addIssue({ code: "custom", message: `at least one host with role ${role}` });
    }
  });
