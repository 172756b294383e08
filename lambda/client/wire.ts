import { z } from "zod";

// Every object tolerates unknown fields: Lambda adds them without a new version (`is_reserved`, `workspace_id`, …).
// Optional fields may be left out or null; both become undefined.

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const regionSchema = z.object({ name: z.string(), description: optional(z.string()) });

const instanceTypeSchema = z.object({
  name: z.string(),
  description: optional(z.string()),
  gpu_description: optional(z.string()),
  price_cents_per_hour: z.number(),
  specs: z.object({
    vcpus: optional(z.number()),
    memory_gib: optional(z.number()),
    storage_gib: optional(z.number()),
    gpus: z.number(),
  }),
});

/** `GET /instance-types` is a map by name, not a list. */
export const catalogueSchema = z.record(
  z.string(),
  z.object({ instance_type: instanceTypeSchema, regions_with_capacity_available: z.array(regionSchema) }),
);
export type Catalogue = z.infer<typeof catalogueSchema>;

const action = z.object({
  available: z.boolean(),
  reason_code: optional(z.string()),
  reason_description: optional(z.string()),
});

/** Deliberately without `jupyter_token` and `jupyter_url`: what is not decoded cannot leak. */
export const instanceSchema = z.object({
  id: z.string(),
  name: optional(z.string()),
  ip: optional(z.string()),
  private_ip: optional(z.string()),
  /** booting, active, unhealthy, terminated, terminating, preempted; anything else is taken as booting. */
  status: z.string(),
  ssh_key_names: z.array(z.string()),
  file_system_names: z.array(z.string()),
  region: regionSchema,
  instance_type: instanceTypeSchema,
  hostname: optional(z.string()),
  actions: optional(z.object({ terminate: optional(action) })),
  tags: optional(z.array(z.object({ key: z.string(), value: z.string() }))),
  firewall_rulesets: optional(z.array(z.object({ id: z.string() }))),
});
export type WireInstance = z.infer<typeof instanceSchema>;

export const sshKeySchema = z.object({ id: z.string(), name: z.string(), public_key: z.string() });
export type WireSshKey = z.infer<typeof sshKeySchema>;

export const fileSystemSchema = z.object({
  id: z.string(),
  name: z.string(),
  mount_point: z.string(),
  is_in_use: z.boolean(),
  region: regionSchema,
  created: optional(z.string()),
  bytes_used: optional(z.number()),
});
export type WireFileSystem = z.infer<typeof fileSystemSchema>;

export const firewallRuleSchema = z.object({
  protocol: z.enum(["tcp", "udp", "icmp", "all"]),
  port_range: optional(z.tuple([z.number(), z.number()])),
  source_network: z.string(),
  description: z.string(),
});
export type WireFirewallRule = z.infer<typeof firewallRuleSchema>;
/** A rule in a request. */
export type FirewallRuleRequest = z.input<typeof firewallRuleSchema>;

export const rulesetSchema = z.object({
  id: z.string(),
  name: z.string(),
  region: regionSchema,
  rules: z.array(firewallRuleSchema),
  instance_ids: z.array(z.string()),
});
export type WireRuleset = z.infer<typeof rulesetSchema>;

/** Body of a launch. One launch is one instance. */
export interface LaunchRequest {
  region_name: string;
  instance_type_name: string;
  ssh_key_names: [string];
  name: string;
  hostname?: string;
  image: { family: string };
  user_data?: string;
  file_system_names?: string[];
  tags: { key: string; value: string }[];
  firewall_rulesets?: { id: string }[];
}
