const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 } as const;

/** Bytes of a Kubernetes quantity of memory or storage like `512Mi`. */
export function bytesOf(quantity: string): number {
  const match = /^([1-9][0-9]*)(Ki|Mi|Gi|Ti)$/.exec(quantity);
  if (!match)
    throw new Error(`"${quantity}" is no quantity of memory or storage; write it like 512Mi or 20Gi`);
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** Cores of a Kubernetes CPU quantity like `500m` or `2`. */
export function coresOf(quantity: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(m?)$/.exec(quantity);
  if (!match) throw new Error(`"${quantity}" is no CPU quantity; write it like 500m or 2`);
  return Number(match[1]) / (match[2] ? 1000 : 1);
}

/** Whole mebibytes, rounded down, as a quantity. */
export const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)}Mi`;
