import { costOf, type PriceList } from "./cost.ts";
import { readableError, undeliveredErrors, withoutColours } from "./errors.ts";
import { type EngineEvent, nameOf } from "./events.ts";
import { effectsOf } from "./impact/index.ts";
import { type Change, mostMessages, type Plan, planSchema } from "./plan.ts";
import { type Outcome, outcomesOf } from "./steps.ts";
import { withoutKeys } from "./withoutKeys.ts";

export interface Circumstances {
  stack: string;
  /** Planned from an empty stack, with placeholder secrets. */
  offline: boolean;
  /** Whether the CLI exited with 0. */
  succeeded: boolean;
  prices: PriceList;
  /** Resources that hold no data yet, see `createdBy`. */
  created?: ReadonlySet<string> | undefined;
}

const plain = (text: string, most: number): string => {
  const clean = withoutColours(text).trim();
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
};

/** Custom resources, without the stack and the providers that Pulumi creates by default. */
const isListed = ({ real, type, name }: Outcome): boolean =>
  real &&
  type !== "pulumi:pulumi:Stack" &&
  !(type.startsWith("pulumi:providers:") && name.startsWith("default"));

/** Sorted by name: the engine's order differs from run to run. */
function changesOf(outcomes: Outcome[]): Change[] {
  const sorted = outcomes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap(({ kind, name, type, paths, keys }) =>
    kind === "same"
      ? []
      : [
          {
            kind,
            name: plain(name, 500),
            type: plain(type, 300),
            paths: paths.slice(0, 500).map((path) => plain(path, 500)),
            keys: keys.slice(0, 100).map((path) => plain(path, 500)),
          },
        ],
  );
}

function policiesOf(events: EngineEvent[]): Plan["policies"] {
  const verdicts = events.flatMap(({ policyEvent: event }) =>
    event
      ? [
          {
            rule: plain(event.policyName, 200),
            mandatory: event.enforcementLevel === "mandatory",
            resource: plain(nameOf(event.resourceUrn ?? ""), 500),
            message: plain(event.message, 5000),
          },
        ]
      : [],
  );
  const summaries = events.flatMap((event) => [
    ...(event.policyAnalyzeSummaryEvent ? [event.policyAnalyzeSummaryEvent] : []),
    ...(event.policyAnalyzeStackSummaryEvent ? [event.policyAnalyzeStackSummaryEvent] : []),
  ]);
  const failed = new Set(verdicts.map(({ rule }) => rule));
  const passed = new Set(summaries.flatMap((summary) => summary.passed ?? []));
  // `<name>|local|<folder>` for a pack of the checkout.
  const packs = events.flatMap(({ summaryEvent }) =>
    Object.entries(summaryEvent?.PolicyPacks ?? {}).map(
      ([name, version]) => `${name.split("|")[0]} ${version}`,
    ),
  );
  return {
    packs: packs.map((name) => plain(name, 100)),
    passed: [...passed].filter((rule) => !failed.has(rule)).length,
    verdicts,
  };
}

function messagesOf(events: EngineEvent[], succeeded: boolean): Plan["messages"] {
  const reported = events.flatMap(({ diagnosticEvent: event }): Plan["messages"] => {
    // The message "preview failed" adds nothing to the others.
    if (!event || event.ephemeral || event.message.trim() === "preview failed") return [];
    if (event.severity !== "error" && event.severity !== "warning") return [];
    return [
      {
        severity: event.severity,
        resource: plain(event.urn ? nameOf(event.urn) : "", 500),
        text: plain(withoutKeys(readableError(event.message)), 20_000),
      },
    ];
  });
  if (succeeded || reported.some(({ severity }) => severity === "error")) return reported;
  const printed = events.flatMap(({ diagnosticEvent: event }) =>
    event?.severity === "info#err" ? [event.message] : [],
  );
  const errors = undeliveredErrors(printed).map((text) => ({
    severity: "error" as const,
    resource: "",
    text: plain(withoutKeys(text), 20_000),
  }));
  return [...errors, ...reported];
}

/** Summarises the engine's events, without values of properties. Pure. */
export function summarise(events: EngineEvent[], circumstances: Circumstances): Plan {
  const { stack, offline, succeeded, prices, created } = circumstances;
  const outcomes = outcomesOf(events);
  const real = outcomes.filter(isListed);
  const config = events.find(({ preludeEvent }) => preludeEvent)?.preludeEvent?.config ?? {};
  return planSchema.parse({
    stack,
    offline,
    succeeded,
    changes: changesOf(real),
    unchanged: real.filter(({ kind }) => kind === "same").length,
    effects: effectsOf(outcomes, created).map(({ subject, severity, what, why }) => ({
      subject: plain(subject, 300),
      severity,
      what,
      why: plain(why, 500),
    })),
    policies: policiesOf(events),
    cost: costOf(outcomes, config, prices),
    // Errors first: what is beyond the most that a plan holds is left out.
    messages: messagesOf(events, succeeded)
      .toSorted((a, b) => Number(b.severity === "error") - Number(a.severity === "error"))
      .slice(0, mostMessages),
  } satisfies Plan);
}
