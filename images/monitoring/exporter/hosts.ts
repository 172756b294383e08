import { readFile } from "node:fs/promises";
import { z } from "zod";
import { messageOf } from "../errors.ts";
import { gauge, labelValue } from "../metrics.ts";

const text = z.string().min(1);
const hostsSchema = z
  .array(z.looseObject({ name: text, node: text, address: text, hourlyUsd: z.number().optional() }))
  .min(1);
const reportSchema = z.looseObject({
  healthy: z.boolean(),
  checks: z.record(z.string(), z.looseObject({ ok: z.boolean() })),
});

export interface MonitoredHost {
  name: string;
  /** Kubernetes's name for it. */
  node: string;
  /** `http://<address>:8080/health`, which every host of ours answers. */
  url: string;
  /** US dollars; absent where nobody knows it. */
  hourlyUsd?: number | undefined;
}

/** What a host said, or why it said nothing. */
export interface Seen {
  host: string;
  seconds: number;
  report?: { healthy: boolean; checks: Record<string, boolean> };
  reason?: string;
}

/** Reads the stack's hosts. @throws when the file is not there, not JSON, or names no host */
export async function readHosts(file: string, port: number): Promise<MonitoredHost[]> {
  const parsed = hostsSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) throw new Error(`${file} is no list of hosts:\n${z.prettifyError(parsed.error)}`);
  return parsed.data.map(({ name, node, address, hourlyUsd }) => ({
    name,
    node,
    hourlyUsd,
    url: `http://${address}:${port}/health`,
  }));
}

/** Asks one host, for at most `seconds`. A host that is ill answers 503 with a report, which is an answer, too. */
export async function ask(
  { name, url }: Pick<MonitoredHost, "name" | "url">,
  seconds: number,
): Promise<Seen> {
  const start = performance.now();
  const took = () => (performance.now() - start) / 1000;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(seconds * 1000) });
    if (response.status !== 200 && response.status !== 503) throw new Error(`it answers ${response.status}`);
    const { healthy, checks } = reportSchema.parse(await response.json());
    const each = Object.entries(checks).map(([check, { ok }]) => [check, ok] as const);
    return { host: name, seconds: took(), report: { healthy, checks: Object.fromEntries(each) } };
  } catch (error) {
    return { host: name, seconds: took(), reason: messageOf(error) };
  }
}

/**
 * Everything seen, in Prometheus's text format, and all hosts: one of which nobody reports is down. Pure.
 */
export function metricsOf(
  seen: readonly Seen[],
  all: readonly Pick<MonitoredHost, "name" | "hourlyUsd">[],
): string {
  const bit = (yes: boolean) => (yes ? 1 : 0);
  const lines = [
    ...gauge(
      "sophia_host_expected",
      "The stack's hosts, whether they answer or not.",
      all.map(({ name }) => `sophia_host_expected{host=${labelValue(name)}} 1`),
    ),
    ...gauge(
      "sophia_host_price_usd_per_hour",
      "What the host costs, at its launch or the last refresh.",
      all.flatMap(({ name, hourlyUsd }) =>
        hourlyUsd === undefined
          ? []
          : [`sophia_host_price_usd_per_hour{host=${labelValue(name)}} ${hourlyUsd}`],
      ),
    ),
    ...gauge(
      "sophia_host_answers",
      "Whether the host's health service answers.",
      seen.map(
        ({ host, report }) => `sophia_host_answers{host=${labelValue(host)}} ${bit(report !== undefined)}`,
      ),
    ),
    ...gauge(
      "sophia_host_healthy",
      "Whether all checks of the host are well.",
      seen.flatMap(({ host, report }) =>
        report ? [`sophia_host_healthy{host=${labelValue(host)}} ${bit(report.healthy)}`] : [],
      ),
    ),
    ...gauge(
      "sophia_host_check_ok",
      "Whether one check of the host is well.",
      seen.flatMap(({ host, report }) =>
        Object.entries(report?.checks ?? {}).map(
          ([check, ok]) =>
            `sophia_host_check_ok{host=${labelValue(host)},check=${labelValue(check)}} ${bit(ok)}`,
        ),
      ),
    ),
    ...gauge(
      "sophia_host_answer_seconds",
      "How long the host took to answer, or to be given up.",
      seen.map(({ host, seconds }) => `sophia_host_answer_seconds{host=${labelValue(host)}} ${seconds}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}
