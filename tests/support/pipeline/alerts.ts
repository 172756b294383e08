import type { Metric, Sample } from "../../../data/kit/metrics.ts";
import type { Measured } from "../../../data/quality/measure.ts";
import { metricsOf } from "../../../data/quality/metrics.ts";
import { type AlertRule, alertRules } from "../alertRules.ts";

/** The pipeline's alerts, as Prometheus reads them. */
export const rules: readonly AlertRule[] = alertRules("data/quality/alerts/pipeline.yaml");

/** Whether the checks run at all is not theirs to say. */
const timed = "PipelineChecksStopped";

type Labels = NonNullable<Sample["labels"]>;
const sameLabels = (a: Labels = {}, b: Labels = {}) =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());

const selector = String.raw`(\w+)(?:\{(\w+)=(~?)"([^"]*)"\})?`;
const form = new RegExp(`^${selector}(?: / (\\w+))?(?: (==|<|>) ([\\d.]+))?$`);

/** Samples that a comparison keeps, in the forms that our rules have. */
function select(term: string, metrics: readonly Metric[]): Sample[] {
  const found = form.exec(term);
  if (!found) throw new Error(`a test cannot read the alert's expression ${term}`);
  const [, name, label, regular, wanted = "", divisor, comparison, number] = found;
  const fits = (value = "") => (regular ? new RegExp(`^(?:${wanted})$`).test(value) : value === wanted);
  const holds = (value: number) => {
    if (comparison === undefined) return true;
    const other = Number(number);
    return comparison === "==" ? value === other : comparison === "<" ? value < other : value > other;
  };
  const samplesOf = (one: string | undefined) => metrics.find((metric) => metric.name === one)?.samples ?? [];
  const samples = samplesOf(name).filter(({ labels }) => !label || fits(labels?.[label]));
  const divided = samples.flatMap(({ labels, value }) => {
    if (divisor === undefined) return [{ labels, value }];
    const by = samplesOf(divisor).find((sample) => sameLabels(sample.labels, labels));
    return by ? [{ labels, value: value / by.value }] : [];
  });
  return divided
    .filter(({ value }) => holds(value))
    .map(({ labels, value }) => ({ ...(labels && { labels }), value }));
}

/** Alerts whose expression holds now, each as `<alert> <stream, task or slot>`. They fire when it held long enough. */
export function holding(measured: Measured, maxLag = 900, maxAhead = 5400): string[] {
  const metrics = metricsOf(measured, 0, maxLag, maxAhead);
  const streams = (term: string) => new Set(select(term, metrics).map(({ labels }) => labels?.stream));
  const whole = (part: string): Sample[] => {
    const [first = "", operator, second] = part.split(/ (unless|and) on \(stream\) /);
    const samples = select(first, metrics);
    if (second === undefined) return samples;
    const others = streams(second);
    return samples.filter(({ labels }) => others.has(labels?.stream) === (operator === "and"));
  };
  return rules
    .filter(({ alert }) => alert !== timed)
    .flatMap(({ alert, expr }) =>
      expr.split(" or ").flatMap((part) =>
        whole(part).map(({ labels = {} }) => {
          const about = labels.stream ?? labels.task?.split("/").at(-1) ?? labels.slot;
          return about === undefined ? alert : `${alert} ${about}`;
        }),
      ),
    );
}

const seconds = { s: 1, m: 60, h: 3600 } as const;
/** How long an alert's expression must hold until it fires. */
const patience = new Map(
  rules.map(({ alert, for: text }) => {
    const [, number, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
    if (number === undefined) throw new Error(`a test cannot read how long ${alert} waits: ${text}`);
    return [alert, Number(number) * seconds[unit as keyof typeof seconds]];
  }),
);

/** Prometheus over time: an alert fires when its expression held at every look since its `for`. */
export class Watch {
  readonly #maxLag: number;
  readonly #since = new Map<string, number>();
  constructor(maxLag = 900) {
    this.#maxLag = maxLag;
  }

  /** @returns what fires now */
  see(measured: Measured): string[] {
    const now = new Set(holding(measured, this.#maxLag));
    for (const alert of this.#since.keys()) if (!now.has(alert)) this.#since.delete(alert);
    return [...now].filter((alert) => {
      const since = this.#since.get(alert) ?? measured.at;
      this.#since.set(alert, since);
      return measured.at - since >= (patience.get(alert.split(" ")[0] ?? "") ?? 0);
    });
  }
}
