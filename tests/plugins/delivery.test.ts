import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { components } from "../../delivery/stack/components.ts";
import { targetsOf } from "../../delivery/stack/operations.ts";
import {
  outputs,
  type Program,
  preview,
  programIn,
  pulumi,
  resources,
  update,
} from "../../delivery/stack/program.ts";
import { markVerified, previousCommit, refuseOlder, rollback } from "../../delivery/stack/rollback.ts";
import { repository } from "../../lab/lab.ts";
import { pulumiEnvironment } from "../../lab/pulumi/toolchain.ts";
import { toolchain } from "./harness.ts";

const pack = `import { PolicyPack } from "@pulumi/policy";
new PolicyPack("test", { policies: [{
  name: "long-enough", description: "Words are long enough.", enforcementLevel: "mandatory",
  validateResource: ({ props }, report) => { if (props.length < 4) report("too short"); },
}] });
`;

/** A program whose word has so many letters; \`more\` comes after it. */
const program = (letters: number, more = "") => `import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
class Server extends pulumi.ComponentResource {
  constructor(name, length) {
    super("sophia:mcp:McpServer", name);
    this.word = new random.RandomString(name + "-word", { length }, { parent: this }).result;
  }
}
const word = new random.RandomString("word", { length: ${letters} });
export const length = word.result.apply((text) => text.length);
export const server = new Server("server", ${letters}).word.apply((text) => text.length);
${more}`;

/** A repository with a program, a stack of its own, and the real CLI. */
class Checkout {
  readonly folder: string;
  readonly program: Program;
  private constructor(folder: string, of: Program) {
    this.folder = folder;
    this.program = of;
  }

  static async make(): Promise<Checkout> {
    const tools = await toolchain();
    const aside = await mkdtemp(join(tmpdir(), "sophia-delivery-"));
    onTestFinished(() => rm(aside, { recursive: true, force: true }));
    const folder = join(aside, "checkout");
    const state = join(aside, "state");
    const passphraseFile = join(aside, "passphrase");
    await mkdir(join(folder, "policies"), { recursive: true });
    await mkdir(state);
    await writeFile(passphraseFile, randomBytes(24).toString("hex"), { mode: 0o600 });
    const environment = {
      ...process.env,
      ...pulumiEnvironment(tools, { state, passphraseFile }),
      PULUMI_BINARY: tools.binary,
      LAB_HELM: "/not/needed",
    };
    const of = { ...programIn(folder, "test", environment), shown: false };
    const made = new Checkout(folder, of);
    made.git("init", "-q", "-b", "main");
    const files = {
      "Pulumi.yaml":
        "name: delivery\nmain: index.ts\nruntime: { name: nodejs, options: { typescript: false } }\n",
      "package.json": '{ "name": "delivery", "type": "module", "main": "index.ts" }\n',
      "policies/PulumiPolicy.yaml": "runtime: nodejs\nmain: index.js\n",
      "policies/package.json":
        '{ "name": "policies", "version": "0.1.0", "type": "module", "main": "index.js" }\n',
      "policies/index.js": pack,
      ".gitignore": "node_modules\nPulumi.test.yaml\n",
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    await link(folder);
    await pulumi(of, ["stack", "init"]);
    return made;
  }

  git(...args: string[]): string {
    const who = ["-c", "user.name=t", "-c", "user.email=t@test"];
    return execFileSync("git", ["-C", this.folder, ...who, ...args], {
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  }

  async commit(text: string): Promise<string> {
    await writeFile(join(this.folder, "index.ts"), text);
    this.git("add", "-A");
    this.git("commit", "-q", "-m", "Change");
    return this.git("rev-parse", "HEAD");
  }

  length = async () => (await outputs(this.program)).length;
}

/** Stands for \`npm ci\`. */
const link = async (folder: string) => {
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
};

let checkout: Checkout;
beforeAll(async () => {
  await toolchain();
});

describe("C1 deploying and going back, with the real CLI", () => {
  test("a failed update goes back to the commit that was seen to work, by that commit's own program", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    const first = await checkout.commit(program(5));
    await update(stack, { message: "first" });
    expect(await markVerified(stack)).toBe(first);

    // It gets half-way: the word is replaced before the program fails.
    const second = await checkout.commit(program(7, 'throw new Error("broken on purpose");'));
    await expect(update(stack, { message: "second" })).rejects.toThrow(/pulumi up ended with/);
    expect(await previousCommit(stack)).toBe(first);

    expect(await rollback(stack, { prepare: link })).toBe(first);
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

  test("an update that worked, but not so the platform, goes back too; an older approval does not", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    const first = await checkout.commit(program(5));
    await update(stack, { message: "first" });
    await markVerified(stack);
    const second = await checkout.commit(program(6));
    await update(stack, { message: "second" });
    expect(await checkout.length()).toBe(6);
    // Nobody marked the second one: it did not verify.
    expect(await rollback(stack, { prepare: link })).toBe(first);
    expect(await checkout.length()).toBe(5);

    await refuseOlder(stack);
    await markVerified(stack);
    checkout.git("checkout", "-q", first);
    await expect(refuseOlder(stack)).rejects.toThrow(`already works at ${second}`);
  });

  test("refuses a commit that is none, was not reviewed, or has no code for what is there", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    await checkout.commit(program(5));
    await expect(rollback(stack, { commit: "main", prepare: link })).rejects.toThrow("no full commit id");
    const other = checkout.git("commit-tree", "HEAD^{tree}", "-m", "Not reviewed");
    await expect(rollback(stack, { commit: other, prepare: link })).rejects.toThrow("does not come before");
    await expect(rollback(stack, { prepare: link })).rejects.toThrow("no commit to go back to");
  });
});

describe("C1 planning and parts, with the real CLI", () => {
  test("a plan is judged by the checkout's own pack, and shows what a part would touch", async () => {
    checkout = await Checkout.make();
    const { program: stack } = checkout;
    await checkout.commit(program(5));
    await update(stack, { message: "first" });
    expect(await preview(stack, true)).toMatchObject({
      succeeded: true,
      changes: [],
      policies: { passed: 1 },
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

  test("one resource is made again, though nothing of it changed", async () => {
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
