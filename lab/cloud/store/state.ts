import { randomBytes } from "node:crypto";
import { z } from "zod";
import { defaultQuirks, quirks } from "../backend/quirks.ts";

export const statuses = ["booting", "active", "unhealthy", "terminating", "terminated", "preempted"] as const;
export type Status = (typeof statuses)[number];

/** What a step of the lifecycle waits for: after emulated seconds, after so many reads, or only by hand. */
const progress = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("time"), seconds: z.number().nonnegative() }),
  z.strictObject({ by: z.literal("reads"), count: z.number().int().nonnegative() }),
  z.strictObject({ by: z.literal("manual") }),
]);
export type Progress = z.infer<typeof progress>;

/** The waits of an instance's lifecycle. Each counts from entering the state before it, the first three from launch. */
export const transitions = z.strictObject({
  /** Until `GET /instances` lists it. */
  listed: progress,
  /** Until `ip` and `private_ip` appear. */
  addressed: progress,
  /** Until `actions.terminate.available`. */
  terminable: progress,
  active: progress,
  /** Until an instance that was chosen to fail does so. */
  unhealthy: progress,
  /** Until an instance that was chosen to be preempted is. */
  preempted: progress,
  /** Until a restarted instance is active again. */
  restarted: progress,
  terminated: progress,
  /** How long a terminated instance can still be read. */
  gone: progress,
});
export type Transitions = z.infer<typeof transitions>;
export type TransitionName = keyof Transitions;

const seconds = (value: number): Progress => ({ by: "time", seconds: value });

/** An A10 in us-east-1 was seen with its address after 71 s and active 173 s later; the ends were never measured. */
const defaultTransitions: Transitions = {
  listed: seconds(0),
  addressed: seconds(71),
  terminable: seconds(10),
  active: seconds(240),
  unhealthy: seconds(240),
  preempted: seconds(600),
  restarted: seconds(60),
  terminated: seconds(30),
  gone: seconds(60),
};

const outcomes = ["unhealthy", "preempted"] as const;

const tag = z.strictObject({ key: z.string(), value: z.string() });
const mount = z.strictObject({ id: z.string(), name: z.string(), mountPoint: z.string() });

const machine = z.strictObject({
  phase: z.enum(["requested", "created", "failed", "removed"]),
  /** What the driver last reported; `missing` when it reported nothing. */
  seen: z.enum(["booting", "running", "stopped", "missing"]).optional(),
  /** When one of these two last changed. */
  since: z.number(),
  privateAddress: z.string().optional(),
  restartWanted: z.boolean().optional(),
  authorizedKeys: z.array(z.string()),
  /** Removed once the machine exists: Lambda never returns it either. */
  userData: z.string().optional(),
});

const instance = z.strictObject({
  id: z.string(),
  name: z.string().optional(),
  hostname: z.string().optional(),
  region: z.string(),
  type: z.string(),
  imageId: z.string(),
  address: z.string(),
  sshKeyNames: z.array(z.string()),
  mounts: z.array(mount),
  rulesetIds: z.array(z.string()),
  tags: z.array(tag),
  status: z.enum(statuses),
  launchedAt: z.number(),
  enteredAt: z.number(),
  /** Times it was read since it entered its status, and since its launch. */
  reads: z.number(),
  allReads: z.number(),
  firstHealthyAt: z.number().optional(),
  restarting: z.boolean(),
  outcome: z.enum(outcomes).optional(),
  /** Its status was set by hand: the machine behind it no longer moves it. */
  held: z.boolean(),
  /** Why it is unhealthy. */
  trouble: z.string().optional(),
  machine,
});
export type Instance = z.infer<typeof instance>;

const sshKey = z.strictObject({ id: z.string(), name: z.string(), publicKey: z.string() });
export type SshKey = z.infer<typeof sshKey>;

const fileSystem = z.strictObject({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  createdAt: z.number(),
  /** As `/_lab` sets it: the emulator does not count. */
  bytesUsed: z.number().int().nonnegative().default(0),
});
export type FileSystem = z.infer<typeof fileSystem>;

const firewallRule = z.strictObject({
  protocol: z.enum(["tcp", "udp", "icmp", "all"]),
  port_range: z.tuple([z.number(), z.number()]).optional(),
  source_network: z.string(),
  description: z.string(),
});
export type FirewallRule = z.infer<typeof firewallRule>;

const ruleset = z.strictObject({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  rules: z.array(firewallRule),
  createdAt: z.number(),
});
export type Ruleset = z.infer<typeof ruleset>;

const auditEvent = z.strictObject({
  id: z.string(),
  at: z.number(),
  resource: z.string(),
  action: z.string(),
  ids: z.array(z.string()),
  details: z.record(z.string(), z.string()),
});
export type AuditEvent = z.infer<typeof auditEvent>;

/** `slots`: how many instances fit, absent = no bound. `listed`: what the catalogue says; absent = the truth. */
export const capacity = z.record(
  z.string(),
  z.record(
    z.string(),
    z.strictObject({ slots: z.number().int().nonnegative().optional(), listed: z.boolean().optional() }),
  ),
);
export type Capacity = z.infer<typeof capacity>;

export const account = z.strictObject({
  standing: z.enum(["good", "inactive", "invalid-address", "forbidden"]),
  quotas: z.strictObject({
    instances: z.number().int().nonnegative(),
    fileSystems: z.number().int().nonnegative(),
    rulesets: z.number().int().nonnegative(),
  }),
});
export type Account = z.infer<typeof account>;

export const limits = z.strictObject({
  enforced: z.boolean(),
  /** Emulated seconds for one request, and how many may come at once. */
  requestSeconds: z.number().positive(),
  requestBurst: z.number().int().positive(),
  launchSeconds: z.number().positive(),
  launchBurst: z.number().int().positive(),
});
export type Limits = z.infer<typeof limits>;

/** The next launches that match end as `outcome`. */
export const plannedOutcome = z.strictObject({
  outcome: z.enum(outcomes),
  next: z.number().int().positive().default(1),
  type: z.string().optional(),
  region: z.string().optional(),
});
export type PlannedOutcome = z.infer<typeof plannedOutcome>;

/** All that outlives the process. Version 1; a state of another version is refused. */
export const stateSchema = z.strictObject({
  version: z.literal(1),
  seed: z.string(),
  counter: z.number(),
  /** Last emulated time seen. */
  clock: z.number(),
  /** Host part of the last public address given out. */
  lastAddress: z.number(),
  instances: z.array(instance),
  /** Instances that no longer exist, and how long they were billed. */
  gone: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string().optional(),
      type: z.string(),
      region: z.string(),
      tags: z.array(tag),
      launchedAt: z.number(),
      endedAt: z.number(),
    }),
  ),
  sshKeys: z.array(sshKey),
  fileSystems: z.array(fileSystem),
  rulesets: z.array(ruleset),
  globalRules: z.array(firewallRule),
  auditEvents: z.array(auditEvent),
  capacity,
  transitions,
  account,
  limits,
  quirks,
  outcomes: z.array(plannedOutcome),
});
export type State = z.infer<typeof stateSchema>;

/** What a fresh account lets in (Lambda's firewall page): ping and SSH. */
const defaultRules: FirewallRule[] = [
  { protocol: "icmp", source_network: "0.0.0.0/0", description: "Allow ICMP from anywhere" },
  {
    protocol: "tcp",
    port_range: [22, 22],
    source_network: "0.0.0.0/0",
    description: "Allow SSH from anywhere",
  },
];

/** The state of an account without anything. @param seed of the ids; random by default */
export const emptyState = (seed = randomBytes(8).toString("hex")): State => ({
  version: 1,
  seed,
  counter: 0,
  clock: 0,
  lastAddress: 10,
  instances: [],
  gone: [],
  sshKeys: [],
  fileSystems: [],
  rulesets: [],
  globalRules: structuredClone(defaultRules),
  auditEvents: [],
  capacity: {},
  transitions: structuredClone(defaultTransitions),
  account: { standing: "good", quotas: { instances: 100, fileSystems: 24, rulesets: 100 } },
  limits: { enforced: true, requestSeconds: 1, requestBurst: 2, launchSeconds: 12, launchBurst: 1 },
  quirks: structuredClone(defaultQuirks),
  outcomes: [],
});
