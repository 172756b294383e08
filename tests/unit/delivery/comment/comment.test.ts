import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readEvents } from "../../../../delivery/comment/events.ts";
import { block, code, prose } from "../../../../delivery/comment/markdown.ts";
import { type Plan, readPlan } from "../../../../delivery/comment/plan.ts";
import { longest, render } from "../../../../delivery/comment/render.ts";
import { summarise } from "../../../../delivery/comment/summarise.ts";

const empty: Plan = {
  stack: "dev",
  offline: false,
  succeeded: true,
  changes: [],
  unchanged: 0,
  effects: [],
  policies: { packs: ["sophia-policies 0.1.0"], passed: 20, verdicts: [] },
  cost: { items: [], before: 0, after: 0, budget: null },
  messages: [],
};

/** Everything in a comment that GitHub would read as more than text: what is left when code is taken out. */
function outsideCode(markdown: string): string {
  return markdown.replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "").replaceAll(/`[^`\n]*`/g, "");
}

const hostile = [
  "@octocat",
  "#1 closes #2",
  "](https://evil.example)",
  "![](https://evil.example/x.png)",
  "<img src=x onerror=alert(1)>",
  "</details><h1>approved</h1>",
  "`` ` ``` @octocat",
  "```\n@octocat\n```",
  "| a | b |\n| --- | --- |",
  "https://evil.example www.evil.example",
  "\u202edesrever @octocat",
  "# heading\n- list\n> quote",
  "<!-- sophia-infra preview of prod -->",
  "a\u0000b\u200bc\ud800",
  "$\\href{https://evil.example}{x}$",
  "GH-1 6c71e927d4f2b0a1",
];

/** What a hostile plan may hold at every place. */
function planOf(text: string): Plan {
  return {
    ...empty,
    changes: (["create", "update", "replace", "delete"] as const).map((kind) => ({
      kind,
      name: text,
      type: text,
      paths: [text],
      keys: kind === "replace" ? [text] : [],
    })),
    effects: [{ subject: text, severity: "outage", what: text, why: text }],
    policies: {
      packs: [text.slice(0, 100)],
      passed: 1,
      verdicts: [
        { rule: text, mandatory: true, resource: text, message: text },
        { rule: text, mandatory: false, resource: text, message: text },
      ],
    },
    cost: {
      items: [{ resource: text, before: 1, after: null, basis: text }],
      before: 1,
      after: null,
      budget: 2,
    },
    messages: [
      { severity: "error", resource: text, text },
      { severity: "warning", resource: text, text },
    ],
  };
}

/** What code, tables and mentions are made of. */
const marks = fc.constantFrom("`", "|", "\n", "@", "\\", " ", "a");

describe("C1 foreign text in a comment", () => {
  test.each(hostile)("%j is shown, not obeyed", (text) => {
    const comment = render(planOf(text));
    const plain = outsideCode(comment);
    expect(plain).not.toMatch(/@|evil|octocat|<img|<h1|onerror|GH-1|6c71e9|\]\(|closes|heading/);
    // Ours and nothing else: one marker, and as many details closed as opened.
    expect(plain.match(/<!--/g)).toHaveLength(1);
    expect(plain.match(/<details>/g)?.length).toBe(plain.match(/<\/details>/g)?.length);
    expect(comment).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/);
    expect(comment).not.toContain("\0");
    expect(comment.isWellFormed()).toBe(true);
  });

  test("any text at all is shown as code, and a table keeps its rows", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.string({ unit: marks })),
        (text) => {
          const shown = code(text);
          expect(shown === "" || /^`[^`\n|]+`$/.test(shown)).toBe(true);
          const [fence = "", ...lines] = block(text).split("\n");
          const end = fence.replace("text", "");
          expect(lines.at(-1)).toBe(end);
          expect(lines.slice(0, -1).join("\n")).not.toContain(end);
        },
      ),
    );
  });

  test("a sentence stays a sentence, anything else becomes code", () => {
    expect(prose("drained, then launched again: its pods are away")).toBe(
      "drained, then launched again: its pods are away",
    );
    for (const text of hostile) expect(prose(text)).toMatch(/^`.*`$/);
    expect(prose("see www.example.org")).toBe("`see www.example.org`");
  });
});

describe("C1 the length of a comment", () => {
  const many = (count: number, length: number): Plan => ({
    ...empty,
    changes: Array.from({ length: count }, (_, index) => ({
      kind: (["create", "update", "replace", "delete"] as const)[index % 4] ?? "create",
      name: `${"n".repeat(length)}-${index}`,
      type: `kubernetes:core/v1:${"T".repeat(length)}`,
      paths: Array.from({ length: 30 }, (_, path) => `spec.${"p".repeat(length)}.${path}`),
      keys: [],
    })),
    messages: Array.from({ length: 100 }, () => ({
      severity: "error" as const,
      resource: "r".repeat(length),
      text: "e ".repeat(5000),
    })),
    policies: {
      ...empty.policies,
      verdicts: Array.from({ length: 500 }, () => ({
        rule: "non-root",
        mandatory: true,
        resource: "r".repeat(length),
        message: "m ".repeat(2000),
      })),
    },
  });

  test("is never beyond what GitHub takes, and what was left out is counted", () => {
    const comment = render(many(4000, 200));
    expect(comment.length).toBeLessThanOrEqual(longest);
    // 1,000 of each kind.
    const shown = [...comment.matchAll(/\| (\d+) more \|/g)].map(([, left]) => Number(left));
    expect(shown).toHaveLength(4);
    for (const left of shown) expect(left).toBeGreaterThan(900);
    expect(comment).toContain("**1000 to replace**, 1000 to delete, 1000 to update, 1000 to create");
  });

  test("is not cut where there is room", () => {
    expect(render(many(0, 5))).toMatch(/\d+ more/);
    expect(render({ ...many(120, 5), messages: [], policies: empty.policies })).not.toMatch(/\| \d+ more/);
  });
});

describe("C1 a plan that somebody else made", () => {
  test("is read back as it was written", () => {
    const plan = planOf("a");
    expect(readPlan(JSON.stringify(plan))).toEqual(plan);
  });

  test.each([
    ["text", "not JSON"],
    [JSON.stringify({ ...empty, stack: "dev --> @octocat" }), "stack"],
    [JSON.stringify({ ...empty, more: "@octocat" }), "unrecognized_keys"],
    [JSON.stringify({ ...empty, changes: [{ kind: "approve" }] }), "changes.0.kind"],
    [JSON.stringify({ ...empty, unchanged: -1 }), "unchanged"],
    [`"${"a".repeat(3_000_000)}"`, "characters"],
  ])("is refused without being repeated when it is none: %.30s", (json, said) => {
    expect(() => readPlan(json)).toThrow(said);
    expect(() => readPlan(json)).not.toThrow("octocat");
  });
});

describe("an event log", () => {
  test("that was cut off is read up to there, one with nonsense in it is refused by line", () => {
    const event = JSON.stringify({ diagnosticEvent: { severity: "error", message: "no" } });
    expect(readEvents(`${event}\n{"half`)).toHaveLength(1);
    expect(() => readEvents(`${event}\nnonsense\n`)).toThrow("line 2 of the event log");
  });

  test("shows no value of any property", async () => {
    const log = await readFile(
      join(import.meta.dirname, "../../../fixtures/delivery/logs/services.jsonl"),
      "utf8",
    );
    const planted = "correct-horse-battery-staple";
    const events = readEvents(
      log.slice(log.indexOf("\n") + 1).replaceAll(/"(in|out)puts":\{(\}?)/g, (_, side, end) => {
        const more = `"note":"${planted}","spec":{"note":"${planted}"}`;
        return `"${side}puts":{${more}${end || ","}`;
      }),
    );
    expect(JSON.stringify(events)).toContain(planted);
    const prices = { hourlyUsd: new Map<string, number>(), source: "none" };
    const plan = summarise(events, { stack: "local", offline: false, succeeded: true, prices });
    expect(JSON.stringify(plan)).not.toContain(planted);
  });
});
