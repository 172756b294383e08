import { block, code, codes, details, plural, prose, table } from "./markdown.ts";
import type { Change, Effect, Kind, Plan } from "./plan.ts";

/** Characters; GitHub takes 65,536. */
export const longest = 65_000;

/** Rows per table; the first that makes the comment short enough is used. It also scales the lengths of texts. */
const limits = [1000, 400, 200, 100, 50, 25, 10, 5];

/** The line that identifies our comment on a stack. Its characters need no escape: the schema restricts stack names. */
export const markerOf = (stack: string): string => `<!-- sophia-infra preview of ${stack} -->`;

export interface RenderOptions {
  /** Says that the pull request's own code planned, whose claims nobody has checked. */
  ofPullRequest?: boolean;
}

/** A preview as Markdown of at most 65,000 characters. Pure. */
export function render(plan: Plan, { ofPullRequest = false }: RenderOptions = {}): string {
  const note = plan.offline ? offlineNote : ofPullRequest ? ownCodeNote : "";
  for (const limit of limits) {
    const text = document(plan, note, limit);
    if (text.length <= longest) return text;
  }
  // Not reached: with five rows a table, every text in it cut, a comment is short.
  throw new Error(`the comment on stack ${plan.stack} is too long even with five rows a table`);
}

function document(plan: Plan, note: string, limit: number): string {
  const sections = [
    markerOf(plan.stack),
    heading(plan),
    note,
    messages(plan, limit),
    effects(plan, limit),
    changes(plan, limit),
    policies(plan, limit),
    cost(plan.cost, limit),
  ];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

const offlineNote =
  "Planned offline: from an empty stack, with placeholder secrets, by the pull request's own code. It lists everything that the program would create, not the changes to the running stack.";

const ownCodeNote = "Planned against the running stack, by the pull request's own code.";

/** A count of changes; replacements are bold. */
const counted: Record<Kind, (count: number) => string> = {
  create: (count) => `${count} to create`,
  update: (count) => `${count} to update`,
  replace: (count) => `**${count} to replace**`,
  delete: (count) => `${count} to delete`,
};
const order: Kind[] = ["replace", "delete", "update", "create"];

const ofKind = (plan: Plan, kind: Kind): Change[] => plan.changes.filter((change) => change.kind === kind);

function heading(plan: Plan): string {
  const counts = order.flatMap((kind) => {
    const count = ofKind(plan, kind).length;
    return count > 0 ? [counted[kind](count)] : [];
  });
  const title = `### Preview of ${code(plan.stack)}`;
  const said = [...(counts.length > 0 ? counts : ["No change"]), `${plan.unchanged} unchanged`].join(", ");
  const failed = plan.succeeded ? "" : "**The preview failed.** Planned until then:\n";
  return `${title}\n\n${failed}${said}.`;
}

/** The last row of a table that was cut. */
const moreRow = (left: number, columns: number): string[][] =>
  left > 0 ? [[`${left} more`, ...Array<string>(columns - 1).fill("")]] : [];

function cutTable(head: readonly string[], rows: readonly (readonly string[])[], limit: number): string {
  return table(head, [...rows.slice(0, limit), ...moreRow(rows.length - limit, head.length)]);
}

const mark: Record<Effect["severity"], string> = {
  data: "**data is lost**",
  outage: "unavailable",
  restart: "restarts",
  none: "keeps running",
};

function effects({ effects: all, succeeded }: Plan, limit: number): string {
  // A partial plan cannot show that nothing is interrupted.
  if (all.length === 0) return succeeded ? "**Restarts and outages**: none known." : "";
  const rows = all.map(({ subject, severity, what, why }) => [
    mark[severity],
    code(subject),
    prose(what),
    prose(why),
  ]);
  return `**Restarts and outages**\n\n${cutTable(["impact", "resource", "effect", "cause"], rows, limit)}`;
}

/** How many properties of a change are named. */
const namedPaths = 6;

function changes(plan: Plan, limit: number): string {
  return order
    .flatMap((kind) => {
      const some = ofKind(plan, kind);
      if (some.length === 0) return [];
      const body = kind === "create" || kind === "delete" ? plainRows(some, limit) : changedRows(some, limit);
      const title = titles[kind];
      // Replacements and deletions are expanded; the longer lists are collapsed.
      return kind === "replace" || kind === "delete"
        ? [`${title} (${some.length})\n\n${body}`]
        : [details(`${title} (${some.length})`, body)];
    })
    .join("\n\n");
}

const titles: Record<Kind, string> = {
  replace: "**Replace**",
  delete: "Delete",
  update: "Update",
  create: "Create",
};

const plainRows = (some: Change[], limit: number): string =>
  cutTable(
    ["resource", "type"],
    some.map(({ name, type }) => [code(name), code(type)]),
    limit,
  );

const changedRows = (some: Change[], limit: number): string =>
  cutTable(
    ["resource", "type", "changed"],
    some.map(({ kind, name, type, paths, keys }) => [
      kind === "replace" ? `**${code(name)}**` : code(name),
      code(type),
      codes(keys.length > 0 ? keys : paths, namedPaths),
    ]),
    limit,
  );

function policies({ policies: judged, succeeded }: Plan, limit: number): string {
  const { packs, passed, verdicts } = judged;
  if (!succeeded && verdicts.length === 0) return "";
  if (packs.length === 0) return "**Policies**: no policy pack checked this plan.";
  const mandatory = verdicts.filter((verdict) => verdict.mandatory);
  const said =
    mandatory.length > 0
      ? `**${plural(mandatory.length, "violation")}**`
      : `no violation of ${plural(passed, "rule")}`;
  const advice = verdicts.length - mandatory.length;
  const summary = `**Policies** (${codes(packs, 3)}): ${said}${advice > 0 ? `, ${plural(advice, "advisory finding")}` : ""}.`;
  if (verdicts.length === 0) return summary;
  const listed = [...mandatory, ...verdicts.filter((verdict) => !verdict.mandatory)];
  const most = Math.min(limit, 100);
  const text = listed.slice(0, most).map(({ rule, resource, message, mandatory: must }) => {
    const title = `${must ? "violation" : "advisory"}: ${code(rule)}${resource ? ` on ${code(resource)}` : ""}`;
    return `${title}\n\n${block(message, Math.max(300, limit * 2))}`;
  });
  const more = listed.length > most ? [`${listed.length - most} more`] : [];
  const body = [...text, ...more].join("\n\n");
  return `${summary}\n\n${mandatory.length > 0 ? body : details("Details", body)}`;
}

const dollars = (usd: number | null): string =>
  usd === null
    ? "unknown"
    : `$${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

function cost({ items, before, after, budget }: Plan["cost"], limit: number): string {
  if (items.length === 0) return "";
  const difference = before === null || after === null ? null : Math.round((after - before) * 100) / 100;
  const change =
    difference === null || difference === 0
      ? ""
      : ` (${difference > 0 ? "+" : "−"}${dollars(Math.abs(difference))})`;
  const limitText = budget === null ? "no budget is set" : `the budget is ${dollars(budget)}`;
  const beyond = budget !== null && after !== null && after > budget ? " **This exceeds the budget.**" : "";
  const summary = `**Monthly cost**: ${dollars(before)} → ${dollars(after)}${change}; ${limitText}.${beyond}`;
  const rows = items.map(({ resource, before: was, after: is, basis }) => [
    code(resource),
    dollars(was),
    dollars(is),
    code(basis),
  ]);
  return `${summary}\n\n${details("By resource", cutTable(["resource", "before", "after", "basis"], rows, limit))}`;
}

function messages({ messages: all }: Plan, limit: number): string {
  const errors = all.filter(({ severity }) => severity === "error");
  const warnings = all.filter(({ severity }) => severity === "warning");
  const list = (some: typeof all) => {
    const most = Math.min(limit, 20);
    const shown = some
      .slice(0, most)
      .map(
        ({ resource, text }) =>
          `${resource ? `${code(resource)}\n\n` : ""}${block(text, Math.min(4000, limit * 20))}`,
      );
    return [...shown, ...(some.length > most ? [`${some.length - most} more`] : [])].join("\n\n");
  };
  return [
    errors.length > 0 ? `**${plural(errors.length, "error")}**\n\n${list(errors)}` : "",
    warnings.length > 0 ? details(plural(warnings.length, "warning"), list(warnings)) : "",
  ]
    .filter(Boolean)
    .join("\n\n");
}
