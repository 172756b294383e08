import { costOf, type PriceList } from "./cost.ts";
import { type EngineEvent, nameOf } from "./events.ts";
import { effectsOf } from "./impact/index.ts";
import { type Change, type Plan, planSchema } from "./plan.ts";
import { type Outcome, outcomesOf } from "./steps.ts";

export interface Circumstances {
  stack: string;
  /** Planned from nothing, with placeholder secrets. */
  offline: boolean;
  /** Whether the CLI ended with 0. */
  succeeded: boolean;
  prices: PriceList;
}

/** Escape sequences for a terminal's colours. */
const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");
const plain = (text: string, most: number): string => {
  const clean = text.replaceAll(colours, "").trim();
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
};

/** Things that are really there: no components, no stack, none of the providers that Pulumi makes for itself. */
const worthTelling = ({ real, type, name }: Outcome): boolean =>
  real &&
  type !== "pulumi:pulumi:Stack" &&
  !(type.startsWith("pulumi:providers:") && name.startsWith("default"));

/** Sorted by name: the engine's own order is another one each time. */
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

/** Without frames of a stack trace, and without the nesting that Pulumi's SDK wraps around an error. */
const withoutFrames = (message: string): string =>
  message
    .replaceAll(/(error serializing property "[^"]*": )+/g, "")
    .split("\n")
    .filter((line) => !/^\s+at .+:\d+:\d+\)?( \{)?$/.test(line.replaceAll(colours, "")))
    .join("\n");

function messagesOf(events: EngineEvent[]): Plan["messages"] {
  return events.flatMap(({ diagnosticEvent: event }) => {
    // "preview failed" says nothing that the rest does not.
    if (!event || event.ephemeral || event.message.trim() === "preview failed") return [];
    if (event.severity !== "error" && event.severity !== "warning") return [];
    return [
      {
        severity: event.severity,
        resource: plain(event.urn ? nameOf(event.urn) : "", 500),
        text: plain(withoutFrames(event.message), 20_000),
      },
    ];
  });
}

/** What the engine's events say, without any property's value. Pure. */
export function summarise(events: EngineEvent[], circumstances: Circumstances): Plan {
  const { stack, offline, succeeded, prices } = circumstances;
  const outcomes = outcomesOf(events);
  const real = outcomes.filter(worthTelling);
  const config = events.find(({ preludeEvent }) => preludeEvent)?.preludeEvent?.config ?? {};
  return planSchema.parse({
    stack,
    offline,
    succeeded,
    changes: changesOf(real),
    unchanged: real.filter(({ kind }) => kind === "same").length,
    effects: effectsOf(outcomes).map(({ subject, severity, what, why }) => ({
      subject: plain(subject, 300),
      severity,
      what,
      why: plain(why, 500),
    })),
    policies: policiesOf(events),
    cost: costOf(outcomes, config, prices),
    messages: messagesOf(events),
  } satisfies Plan);
}
