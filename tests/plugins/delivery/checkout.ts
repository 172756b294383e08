import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { outputs, type Program, programIn, pulumi } from "../../../delivery/stack/program.ts";
import { pulumiEnvironment } from "../../../lab/pulumi/toolchain.ts";
import { repository } from "../../../tools/repository.ts";
import { toolchain } from "../harness.ts";

const pack = `import { PolicyPack } from "@pulumi/policy";
new PolicyPack("test", { policies: [{
  name: "long-enough", description: "Words are long enough.", enforcementLevel: "mandatory",
  validateResource: ({ props }, report) => { if (props.length < 4) report("too short"); },
}, {
  name: "few-letters", description: "All words together are short.", enforcementLevel: "mandatory",
  validateStack: ({ resources }, report) => {
    // The stack's own outputs are unknown in a preview.
    const words = resources.filter(({ type }) => type.endsWith(":RandomString"));
    if (words.reduce((sum, { props }) => sum + props.length, 0) > 34) report("too many letters");
  },
}] });
`;

/** A program whose word has so many letters; \`more\` comes after it. */
export const program = (letters: number, more = "") => `import * as pulumi from "@pulumi/pulumi";
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

/** Outputs of a stack whose Nginx is at this port, and that has the token of a client. */
export const reachable = (port: number) => `
export const url = "http://sophia.invalid:${port}";
export const ingress = ["127.0.0.1"];
export const mcp = [{ name: "github", enabled: false, federated: true, revisions: [] }];
export const mcpClients = pulumi.secret({ check: word.result });`;

/** A repository with a program, a stack of its own, and the real CLI. */
export class Checkout {
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
      HELM_BINARY: "/not/needed",
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
export const link = async (folder: string) => {
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
};

/** A host as Lambda Cloud would keep it: a file, which somebody may take away. */
export const host = (file: string) => `
const handler = () => {
  const fs = require("node:fs");
  return {
    check: async (olds, news) => ({ inputs: news }),
    diff: async (id, olds, news) => ({ changes: olds.file !== news.file }),
    create: async (inputs) => {
      fs.writeFileSync(inputs.file, "");
      return { id: "host", outs: inputs };
    },
    read: async (id, props) => (fs.existsSync(props.file) ? { id, props } : { id: "", props: {} }),
    update: async (id, olds, news) => ({ outs: news }),
    delete: async (id, props) => fs.rmSync(props.file, { force: true }),
  };
};
new pulumi.CustomResource("pulumi-nodejs:dynamic/lambda:Instance", "fleet-backend", {
  file: ${JSON.stringify(file)},
  __provider: "exports.handler = " + handler.toString(),
}, { deleteBeforeReplace: true });`;
