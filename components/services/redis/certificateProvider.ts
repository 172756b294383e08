import type * as pulumi from "@pulumi/pulumi";
import { type CertificateProps, isOld, selfSigned } from "../gpuMetrics/certificateProvider.ts";

interface Pair {
  certificate: string;
  key: string;
}
export interface SuccessionState extends CertificateProps, Pair {
  /** Takes the place of the first when that is old. */
  successor: Pair;
  /** Both certificates. */
  trusted: string;
}

const stateOf = (names: string[], { certificate, key }: Pair, next: Pair): SuccessionState => ({
  names,
  certificate,
  key,
  successor: { certificate: next.certificate, key: next.key },
  trusted: certificate + next.certificate,
});

/** It waits one life for its turn, and is then valid for another. */
const successor = (names: string[], now: number): Promise<Pair> => selfSigned(names, now, 2);

/** The first certificate and its successor. */
export async function begin(names: string[], now = Date.now()): Promise<SuccessionState> {
  return stateOf(names, await selfSigned(names, now), await successor(names, now));
}

/** The successor in the place of the first, with another successor. One that nobody called for too long is made anew. */
export async function succeed(
  { names, successor: next }: SuccessionState,
  now = Date.now(),
): Promise<SuccessionState> {
  if (isOld(next.certificate, now)) return begin(names, now);
  return stateOf(names, next, await successor(names, now));
}

const isRenamed = (olds: CertificateProps, news: CertificateProps): boolean =>
  JSON.stringify(olds.names) !== JSON.stringify(news.names);

export const provider: pulumi.dynamic.ResourceProvider<CertificateProps, SuccessionState> = {
  async diff(_id, olds, news) {
    return { changes: isRenamed(olds, news) || isOld(olds.certificate), replaces: [], stables: [] };
  },
  async create({ names }) {
    return { id: names[0] ?? "", outs: await begin(names) };
  },
  async update(_id, olds, news) {
    return { outs: isRenamed(olds, news) ? await begin(news.names) : await succeed(olds) };
  },
};
