import { z } from "zod";
import type { FirewallRule } from "../../reconcile/firewall.ts";

const port = z.number().int().min(1).max(65535);
/** One rule as an input. */
export const rule: z.ZodType<FirewallRule> = z.object({
  protocol: z.enum(["tcp", "udp", "icmp", "all"]),
  ports: z.tuple([port, port]).optional(),
  source: z.union([z.cidrv4(), z.ipv4()], { error: "must be an IPv4 network like 203.0.113.0/24" }),
  description: z.string().max(128),
});
