import { z } from "zod";

/** A Kubernetes quantity of memory or storage, like 512Mi or 20Gi. */
export const quantity = z.string().regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/, "a quantity like 512Mi or 20Gi");
/** A Kubernetes quantity of CPU, like 500m or 2. */
export const cpu = z.string().regex(/^([1-9][0-9]*m|[0-9]+(\.[0-9]+)?)$/, "a CPU quantity like 500m or 2");
/** Of something that is made at random: another generation is another one. */
export const generation = z.number().int().positive();
