/** 32 bits that look random and depend on nothing but the arguments. */
export function hash(seed: number, ...parts: readonly (number | string)[]): number {
  let h = seed >>> 0;
  for (const part of parts) {
    if (typeof part === "number") h = mix(h, part >>> 0);
    else for (let i = 0; i < part.length; i++) h = mix(h, part.charCodeAt(i));
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function mix(h: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const mixed = h ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) >>> 0;
}

/** One of a list, always the same for the same bits. */
export function pick<T>(list: readonly [T, ...T[]], bits: number): T {
  return list[bits % list.length] ?? list[0];
}

/** From `low` to `high`, both included. */
export const between = (low: number, high: number, bits: number): number => low + (bits % (high - low + 1));
