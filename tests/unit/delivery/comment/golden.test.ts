import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readEvents } from "../../../../delivery/comment/events.ts";
import { readPlan } from "../../../../delivery/comment/plan.ts";
import { listPrices } from "../../../../delivery/comment/prices.ts";
import { longest, render } from "../../../../delivery/comment/render.ts";
import { summarise } from "../../../../delivery/comment/summarise.ts";
import { cases } from "../../../fixtures/delivery/cases.ts";

const fixtures = join(import.meta.dirname, "../../../fixtures/delivery");

/** The plan in a recorded event log; its first line is the CLI's exit code. */
export async function recorded(name: string, offline = false) {
  const log = await readFile(join(fixtures, "logs", `${name}.jsonl`), "utf8");
  const end = log.indexOf("\n");
  const { exitCode } = JSON.parse(log.slice(0, end)) as { exitCode: number };
  const stack = offline ? "dev" : "local";
  return summarise(readEvents(log.slice(end + 1)), {
    stack,
    offline,
    succeeded: exitCode === 0,
    prices: listPrices,
  });
}

describe("C1 the comment on a pull request", () => {
  test.each(cases)("$name: $title", async ({ name, offline }) => {
    const plan = await recorded(name, offline !== undefined);
    const comment = render(plan);
    await expect(comment).toMatchFileSnapshot(join(fixtures, `${name}.md`));
    expect(comment.length).toBeLessThanOrEqual(longest);
    // What the other job reads is what this one wrote.
    expect(render(readPlan(JSON.stringify(plan)))).toBe(comment);
  });

  test("says what every change does: which data is lost, what is away, what goes on", async () => {
    const hosts = await recorded("image-family");
    expect(hosts.effects.filter(({ severity }) => severity === "data").map(({ subject }) => subject)).toEqual(
      expect.arrayContaining(["host backend", "host mcp", "Kubernetes cluster"]),
    );
    // The loss of a host says all that is to be said of what is on it.
    expect(
      hosts.effects.map(({ subject }) => subject).filter((one) => /^(release|node|namespace)/.test(one)),
    ).toEqual([]);
    const services = await recorded("services");
    expect(services.effects).toContainEqual(
      expect.objectContaining({ subject: "release redis", severity: "outage" }),
    );
    expect(services.effects).toContainEqual(
      expect.objectContaining({ subject: "Deployment mcp/sophia-infrastructure", severity: "none" }),
    );
    expect((await recorded("k3s")).effects).toContainEqual(
      expect.objectContaining({ subject: "host mcp", severity: "restart" }),
    );
    expect((await recorded("unchanged")).effects).toEqual([]);
  });

  test("L7 says what a month costs, before and after", async () => {
    const cost = async (name: string) => (await recorded(name)).cost;
    expect(await cost("unchanged")).toMatchObject({ before: 1883.4, after: 1883.4, budget: 3500 });
    expect(await cost("host-added")).toMatchObject({ before: 1883.4, after: 2825.1 });
    expect(await cost("host-removed")).toMatchObject({ before: 1883.4, after: 941.7 });
    // A program that failed before it registered a host: nothing is known, so nothing is said.
    expect(await cost("budget")).toMatchObject({ items: [], budget: 1500 });
    // The program could not report this error to the engine, which then knows only its standard error.
    const { messages } = await recorded("budget");
    expect(messages).toEqual([
      expect.objectContaining({ severity: "error", text: expect.stringContaining("its budget is $1500.00") }),
    ]);
  });

  test("S3 shows what a policy refuses, and why", async () => {
    const plan = await recorded("refused");
    expect(plan.succeeded).toBe(false);
    expect(plan.policies.verdicts).toContainEqual(
      expect.objectContaining({ rule: "no-latest-tag", mandatory: true, resource: "redis-service-release" }),
    );
    expect(render(plan)).toContain("**1 violation**");
  });
});
