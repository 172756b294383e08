import { z } from "zod";

/** A Service, as `host:port`. */
const address = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:[0-9]{1,5}$/, "is not like host:8080");

/** Whom to ask about the MCP servers. */
export const targetsSchema = z.strictObject({
  /** URL at which the gateway tells the health of every server behind it. */
  status: z.url({ protocol: /^http$/ }),
  /** Servers that are not behind it, by name. */
  apart: z.record(z.string().min(1), address),
});
export type Targets = z.infer<typeof targetsSchema>;
