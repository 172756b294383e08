import { z } from "zod";

const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;
const memoryLike = "a quantity like 512Mi or 20Gi";
const cpuLike = 'a CPU quantity in quotes, like "500m" or "2"';

/** A Kubernetes quantity of memory or storage, like 512Mi or 20Gi. */
export const quantity = z.string(memoryLike).regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti)$/, memoryLike);
/** A Kubernetes quantity of CPU, like 500m or 2. */
const cpu = z.string(cpuLike).regex(/^([1-9][0-9]*m|[0-9]+(\.[0-9]+)?)$/, cpuLike);
/** Of something that is made at random: another generation is another one. */
export const generation = z.number().int().positive();

/** Bytes of a Kubernetes quantity of memory or storage like `512Mi`. */
export function bytesOf(text: string): number {
  const match = /^([1-9][0-9]*)(Ki|Mi|Gi|Ti)$/.exec(text);
  if (!match) throw new Error(`"${text}" is no quantity of memory or storage; write it like 512Mi or 20Gi`);
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** Cores of a Kubernetes CPU quantity like `500m` or `2`. */
export function coresOf(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(m?)$/.exec(text);
  if (!match) throw new Error(`"${text}" is no CPU quantity; write it like 500m or 2`);
  return Number(match[1]) / (match[2] ? 1000 : 1);
}

/** Whole mebibytes, rounded down, as a quantity. */
export const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}Mi`;

// No doc comment: it would be the description of every setting that is one.
const resources = z.strictObject({ cpu, memory: quantity });

/** What a container asks for, and what it gets at most. Kubernetes takes no request above its limit. */
export const demand = z
  .strictObject({ requests: resources, limits: resources })
  .superRefine(({ requests, limits }, context) => {
    const sizes = { cpu: coresOf, memory: bytesOf };
    for (const kind of ["cpu", "memory"] as const) {
      if (sizes[kind](requests[kind]) <= sizes[kind](limits[kind])) continue;
      const message = `${requests[kind]} is more than its limit, ${limits[kind]}`;
      context.addIssue({ code: "custom", path: ["requests", kind], message });
    }
  });
