import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { components } from "../../delivery/stack/components.ts";
import { objections } from "../../delivery/stack/guard.ts";
import { targetsOf } from "../../delivery/stack/operations.ts";
import { outputs, preview, pulumi, resources, update } from "../../delivery/stack/program.ts";
import { replaceHost } from "../../delivery/stack/replace.ts";
import {
  markVerified,
  previousCommit,
  refuseOlder,
  rollback,
  rollbackVerified,
} from "../../delivery/stack/rollback.ts";
import { reachIn } from "../../delivery/stack/verify.ts";
import { Checkout, host, link, program, reachable } from "./delivery/checkout.ts";
import { toolchain } from "./harness.ts";

let checkout: Checkout;
beforeAll(async () => {
  await toolchain();
});

describe("C1 deployment and roll-back, with the real CLI", () => {
  test("a failed update is rolled back to the last verified commit, with that commit's program", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    const first = await checkout.commit(program(5));
    await update(stack, { message: "first" });
    expect(await markVerified(stack)).toBe(first);

    // Its preview fails, so the history has no entry of it: the workflow says which commit is left.
    const second = await checkout.commit(program(7, 'throw new Error("broken on purpose");'));
    await expect(update(stack, { message: "second" })).rejects.toThrow(/pulumi up ended with/);
    await expect(previousCommit(stack)).rejects.toThrow(`no commit to roll back to from ${first}`);
    expect(await previousCommit(stack, second)).toBe(first);

    expect(await rollback(stack, { from: second, prepare: link })).toBe(first);
    expect(await checkout.length()).toBe(5);
    const state = await resources(stack);
    expect(state.find(({ urn }) => urn.endsWith("::word"))?.inputs?.length).toBe(5);
    // The checkout that was rolled back from is as it was, and nothing is left of the other one.
    expect(checkout.git("rev-parse", "HEAD")).toBe(second);
    expect(checkout.git("worktree", "list").split("\n")).toHaveLength(1);

    const { stdout } = await pulumi(stack, ["stack", "history", "--json"]);
    const [last] = JSON.parse(stdout) as { message: string; environment: Record<string, string> }[];
    expect(last?.message).toBe(`Roll back to ${first}`);
    expect(last?.environment["git.head"]).toBe(first);
  });

  test("an update that was not verified is rolled back; an approval of an older commit is refused", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    const first = await checkout.commit(program(5));
    await update(stack, { message: "first" });
    await markVerified(stack);
    const second = await checkout.commit(program(6));
    await update(stack, { message: "second" });
    expect(await checkout.length()).toBe(6);
    // The effect of replacing this type is unknown, so it may hold data.
    await expect(rollback(stack, { prepare: link })).rejects.toThrow(/RandomString word.*loss of data/);
    expect(await checkout.length()).toBe(6);
    // Nobody marked the second one: it did not verify.
    expect(await rollback(stack, { dataLoss: true, prepare: link })).toBe(first);
    expect(await checkout.length()).toBe(5);

    await refuseOlder(stack);
    await markVerified(stack);
    checkout.git("checkout", "-q", first);
    await expect(refuseOlder(stack)).rejects.toThrow(`is verified at ${second}`);
  });

  test("a roll-back ends with a healthy stack, or fails and names the part that is not", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    let status = 503;
    const nginx = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => nginx.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void nginx.close());
    const outside = reachable((nginx.address() as AddressInfo).port);
    const first = await checkout.commit(program(5, outside));
    await update(stack, { message: "first" });
    await checkout.commit(program(6, outside));
    await update(stack, { message: "second" });

    const going = rollbackVerified(stack, { commit: first, dataLoss: true, prepare: link, deadline: 1 });
    await expect(going).rejects.toThrow(/was rolled back to [0-9a-f]{40}, and does not answer.*answers 503/s);
    const tags = async () =>
      JSON.parse((await pulumi(stack, ["stack", "tag", "ls", "--json"])).stdout) as object;
    expect(Object.values(await tags())).not.toContain(first);
    status = 200;
    expect(
      await rollbackVerified(stack, { commit: first, dataLoss: true, prepare: link, deadline: 240 }),
    ).toBe(first);
    expect(await checkout.length()).toBe(5);
    expect(Object.values(await tags())).toContain(first);
    // The token is for asking, and hidden elsewhere.
    expect((await outputs(stack)).mcpClients).toBe("[secret]");
    expect((await reachIn(stack)).mcpClients.check).toHaveLength(5);
  });

  test("a roll-back refuses a short commit id, an unreviewed commit, and a stack without a verified commit", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    await checkout.commit(program(5));
    await expect(rollback(stack, { commit: "main", prepare: link })).rejects.toThrow(
      "is not a full commit id",
    );
    const other = checkout.git("commit-tree", "HEAD^{tree}", "-m", "Not reviewed");
    await expect(rollback(stack, { commit: other, prepare: link })).rejects.toThrow("is not an ancestor");
    await expect(rollback(stack, { prepare: link })).rejects.toThrow("no commit to roll back to");
  });
});

describe("C1 planning and parts, with the real CLI", () => {
  test("a plan is checked by the checkout's policy pack, and shows what a part would change", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    await checkout.commit(program(5));
    await update(stack, { message: "first" });
    expect(await preview(stack, { refresh: true })).toMatchObject({
      succeeded: true,
      changes: [],
      policies: { passed: 2 },
    });

    await checkout.commit(program(6));
    const plan = await preview(stack);
    expect(plan.changes.map(({ kind, name, keys }) => [kind, name, keys])).toEqual([
      ["replace", "server-word", ["length"]],
      ["replace", "word", ["length"]],
    ]);
    await update(stack, { message: "part", target: targetsOf("mcp", await components(stack)) });
    expect((await preview(stack)).changes.map(({ name }) => name)).toEqual(["word"]);

    await checkout.commit(program(3));
    const refused = await preview(stack);
    expect(refused.succeeded).toBe(false);
    expect(refused.policies.verdicts.map(({ rule, resource }) => `${rule} ${resource}`).sort()).toEqual([
      "long-enough server-word",
      "long-enough word",
    ]);
    await expect(update(stack, { message: "refused" })).rejects.toThrow("too short");
    await expect(readFile(join(checkout.folder, "Pulumi.test.yaml"), "utf8")).resolves.toContain(
      "encryptionsalt",
    );
  });

  test("S3 a rule about the whole stack refuses an update, of a part and of a roll-back too, before anything changes", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    await checkout.commit(program(5));
    await update(stack, { message: "first" });
    const tooMany = await checkout.commit(program(30));
    const target = targetsOf("mcp", await components(stack));
    for (const options of [{}, { target }, { refresh: true }]) {
      await expect(update(stack, { message: "refused", ...options })).rejects.toThrow("too many letters");
      expect([options, await checkout.length()]).toEqual([options, 5]);
    }
    await checkout.commit(program(6));
    await expect(rollback(stack, { commit: tooMany, prepare: link })).rejects.toThrow("too many letters");
    expect(await checkout.length()).toBe(5);
    const lengths = (await resources(stack)).flatMap(({ inputs }) => inputs?.length ?? []);
    expect(lengths).toEqual([5, 5]);
  });

  test("L1 a lost host is found by a refresh only, and reported", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    const aside = await mkdtemp(join(tmpdir(), "sophia-lost-"));
    onTestFinished(() => rm(aside, { recursive: true, force: true }));
    const file = join(aside, "host");
    await checkout.commit(program(5, host(file)));
    await update(stack, { message: "first" });
    await rm(file);
    expect((await preview(stack)).changes).toEqual([]);
    const plan = await preview(stack, { refresh: true });
    expect(plan.effects).toEqual([expect.objectContaining({ subject: "host backend", severity: "data" })]);
    expect(objections(plan, { dataLoss: false })).toHaveLength(1);
    await update(stack, { message: "again", refresh: true });
    await access(file);
  });

  test("a host is replaced by the deployed commit's program; a later one that is checked out is not deployed", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    const aside = await mkdtemp(join(tmpdir(), "sophia-replaced-"));
    onTestFinished(() => rm(aside, { recursive: true, force: true }));
    const file = join(aside, "host");
    const deployed = await checkout.commit(program(5, host(file)));
    await update(stack, { message: "first" });
    await checkout.commit(program(6, host(file)));
    await writeFile(file, "of the first machine");
    expect(await replaceHost(stack, { host: "backend", dataLoss: false, prepare: link })).toBe(deployed);
    expect(await readFile(file, "utf8")).toBe("");
    expect(await checkout.length()).toBe(5);
    // A second time: what it left in the history is a clean checkout, too.
    expect(await replaceHost(stack, { host: "backend", dataLoss: false, prepare: link })).toBe(deployed);
  });

  test("one unchanged resource can be replaced", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    await checkout.commit(program(5));
    await update(stack, { message: "first" });
    const state = await resources(stack);
    const urn = state.find(({ urn: each }) => each.endsWith("::word"))?.urn ?? "";
    const id = async (name: string) => {
      const found = (await resources(stack)).find((each) => each.urn.endsWith(`::${name}`));
      return (found as { id?: string } | undefined)?.id;
    };
    const before = [await id("word"), await id("server-word")];
    await update(stack, { message: "again", replace: [urn] });
    expect(await id("word")).not.toBe(before[0]);
    expect(await id("server-word")).toBe(before[1]);
  });
});
