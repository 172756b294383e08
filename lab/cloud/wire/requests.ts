import { z } from "zod";
import { InvalidParameters } from "../backend/errors.ts";

/**
 * Bodies and queries, by Lambda's OpenAPI document 1.10.0. Unknown fields are refused: the real API may well ignore
 * them, but in a lab a misspelt field is a mistake to hear of.
 */
const ipv4Network = z.union([z.cidrv4(), z.ipv4().transform((address) => `${address}/32`)], {
  error: "an IPv4 network like 192.0.2.0/24, or a single address",
});
const port = z.number().int().min(1).max(65535);

const firewallRule = z
  .strictObject({
    protocol: z.enum(["tcp", "udp", "icmp", "all"]),
    port_range: z.tuple([port, port]).optional(),
    source_network: ipv4Network,
    description: z.string().max(128),
  })
  .superRefine((rule, context) => {
    const issue = (message: string) => context.addIssue({ code: "custom", path: ["port_range"], message });
    if (rule.protocol === "icmp" && rule.port_range) issue("not allowed for icmp");
    if (rule.protocol !== "icmp" && !rule.port_range) issue(`required for ${rule.protocol}`);
    if (rule.port_range && rule.port_range[0] > rule.port_range[1]) issue("the first port is above the last");
  });

const name = z.string().max(64);
const rules = z.array(firewallRule);

export const launch = z.strictObject({
  region_name: z.string().min(1),
  instance_type_name: z.string().min(1),
  ssh_key_names: z.array(z.string()).length(1, "exactly one SSH key name"),
  file_system_names: z.array(z.string()).default([]),
  file_system_mounts: z
    .array(
      z.strictObject({
        mount_point: z
          .string()
          .max(256)
          .regex(/^(\/home|\/lambda\/nfs|\/data)[//a-zA-Z0-9-]*$/),
        file_system_id: z.string(),
      }),
    )
    .default([]),
  hostname: z
    .string()
    .regex(/^[a-z0-9][0-9a-z-]{0,62}$/)
    .optional(),
  name: name.optional(),
  image: z.union([z.strictObject({ id: z.string() }), z.strictObject({ family: z.string() })]).optional(),
  user_data: z
    .string()
    .refine((text) => Buffer.byteLength(text) <= 1_000_000, "more than 1 MB")
    .optional(),
  tags: z
    .array(
      z.strictObject({
        key: z
          .string()
          .max(55)
          .regex(/^[a-z][a-z0-9-:]+$/)
          .refine((key) => !key.startsWith("lambda-ai-"), "the prefix lambda-ai- is reserved"),
        value: z.string().max(128),
      }),
    )
    .default([]),
  firewall_rulesets: z.array(z.strictObject({ id: z.string() })).default([]),
  /** No longer in the document; 1 is still taken, more is refused with this text (seen live). */
  quantity: z.literal(1, { error: "Requested too many instances." }).optional(),
});

export const instanceIds = z.strictObject({ instance_ids: z.array(z.string()).min(1) });
export const rename = z.strictObject({ name: name.optional() });

export const sshKey = z.strictObject({
  name: z.string().min(1).max(64),
  public_key: z
    .string()
    .min(1)
    .max(4096)
    .regex(/^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?\s*$/, "not an OpenSSH public key")
    .optional(),
});

export const fileSystem = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(60)
    .regex(/^[a-zA-Z]+[0-9a-zA-Z-]*$/),
  region: z.string(),
});

export const firewallRules = z.strictObject({ data: rules });
export const ruleset = z.strictObject({ name, region: z.string(), rules });
export const rulesetChange = z.strictObject({ name: name.optional(), rules: rules.optional() });
export const globalRulesetChange = z.strictObject({ rules: rules.optional() });

const moment = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
export const auditQuery = z.strictObject({
  start: moment.optional(),
  end: moment.optional(),
  page_token: z.string().optional(),
  resource_type: z.string().optional(),
});
export const instancesQuery = z.strictObject({
  cluster_id: z.string().optional(),
  page_token: z.string().optional(),
  page_size: z.coerce.number().int().min(1).max(1000).optional(),
});
export const nothing = z.strictObject({});

/** Parses, or refuses as the API does, naming every field at fault. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) =>
    path.length > 0 && message !== "Requested too many instances."
      ? `${path.join(".")}: ${message}`
      : message,
  );
  throw new InvalidParameters(faults.join("; "));
}
