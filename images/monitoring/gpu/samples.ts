/** How busy a GPU is, in percent, as DCGM's exporter calls it. */
const field = "DCGM_FI_DEV_GPU_UTIL";

const sample = /^([A-Za-z_:][A-Za-z0-9_:]*)\{(.*)\}\s+(\S+)(?:\s+-?[0-9]+)?$/;
const label = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

const labelsIn = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(label)].map(([, name = "", value = ""]) => [name, value]));

/** How maps name a pod. */
export const podKey = (namespace: string, pod: string): string => `${namespace}/${pod}`;

/**
 * Percent by pod, of what exporters answered in Prometheus's text format. A pod with several GPUs has their mean; pods
 * that share a GPU have the same value, for DCGM measures GPUs and not slices. Samples without a pod are of GPUs that
 * nobody holds. Pure.
 */
export function utilisationByPod(texts: readonly string[]): Map<string, number> {
  const values = new Map<string, number[]>();
  for (const line of texts.flatMap((text) => text.split("\n"))) {
    const [, name, labels = "", number] = sample.exec(line.trim()) ?? [];
    if (name !== field) continue;
    const { pod, namespace } = labelsIn(labels);
    const value = Number(number);
    if (!pod || !namespace || !Number.isFinite(value)) continue;
    const key = podKey(namespace, pod);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return new Map(
    [...values].map(([key, all]) => [key, all.reduce((sum, value) => sum + value, 0) / all.length]),
  );
}

/** As Kubernetes writes quantities: whole, or in thousandths. Pure. */
export const quantity = (value: number): string =>
  Number.isInteger(value) ? String(value) : `${Math.round(value * 1000)}m`;
