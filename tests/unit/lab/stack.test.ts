import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { Stack } from "../../../lab/commands/stack.ts";
import { type Lab, repository } from "../../../lab/lab.ts";

interface Call {
  args: string[];
  cwd: string;
  stdin: string;
  backend: string;
  helm: string;
}

/** A CLI that writes down how it was called, and makes and reads just enough of a file backend. */
const cli = `#!${process.execPath}
const { appendFileSync, mkdirSync, readFileSync, writeFileSync, existsSync } = require("node:fs");
const args = process.argv.slice(2);
const state = process.env.PULUMI_BACKEND_URL.replace("file://", "");
const takesInput = args[0] === "config";
const stdin = takesInput ? readFileSync(0, "utf8") : "";
appendFileSync(process.env.CALLS, JSON.stringify({ args, cwd: process.cwd(), stdin, backend: state, helm: process.env.LAB_HELM }) + "\\n");
if (args[0] === "stack" && args[1] === "init") {
  const stacks = state + "/.pulumi/stacks/sophia-infra";
  mkdirSync(stacks, { recursive: true });
  writeFileSync(stacks + "/" + args[2] + ".json", "{}");
}
if (args[0] === "stack" && args[1] === "output") console.log(JSON.stringify({ url: "https://sophia.lab" }));
if (args[0] === "config" && existsSync(process.env.CALLS + ".fail")) process.exit(1);
`;

function opened(name?: string) {
  const home = mkdtempSync(join(tmpdir(), "stack-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const [binary, calls] = [join(home, "pulumi"), join(home, "calls")];
  writeFileSync(binary, cli);
  chmodSync(binary, 0o755);
  const lab: Lab = { name: "test", folder: join(home, "lab"), cache: join(home, "cache"), configFile: "" };
  const stack = new Stack(
    { mode: "stand-in", home: join(home, "pulumi-home"), binary },
    lab,
    { CALLS: calls, LAB_HELM: "/cache/helm" },
    name,
  );
  const made = (): Call[] => {
    const text = readFileSync(calls, "utf8").trim();
    rmSync(calls);
    return text.split("\n").map((line) => JSON.parse(line));
  };
  return { stack, made, folder: join(lab.folder, "pulumi"), calls, home };
}

const config = { "sophia-infra:redis": { memory: "1Gi" } };
const secrets = {
  lambdaApiKey: "key-of-the-test",
  sshPrivateKey: "two\nlines\n",
  tlsCertificate: "certificate-of-the-test",
  tlsKey: "tls-key-of-the-test",
};

test("S1 secrets go to the CLI by standard input, exactly, and into no file and no argument", async () => {
  const { stack, made, home } = opened();
  await stack.configure(config, secrets);
  const calls = made();
  const set = calls.filter(({ args }) => args[0] === "config");
  expect(Object.fromEntries(set.map(({ args, stdin }) => [args[4]?.split(":")[1], stdin]))).toEqual(secrets);
  for (const { args } of set) expect(args.slice(0, 4)).toEqual(["config", "set", "--secret", "--raw"]);
  const values = Object.values(secrets);
  expect(values.filter((value) => JSON.stringify(calls.map(({ args }) => args)).includes(value))).toEqual([]);
  const written = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"))
    .join();
  expect(values.filter((value) => written.includes(value))).toEqual([]);
});

test("the stack is made once, away from the checkout's own stack files", async () => {
  const { stack, made, folder } = opened("preview-dev");
  expect(await stack.exists()).toBe(false);
  await stack.configure(config, secrets);
  expect(await stack.exists()).toBe(true);
  const [init, ...others] = made();
  expect(init).toMatchObject({
    args: ["stack", "init", "preview-dev", "--non-interactive"],
    cwd: join(folder, "init"),
    backend: join(folder, "state"),
  });
  expect(others.map(({ args }) => args[1])).not.toContain("init");
  const file = join(folder, "Pulumi.preview-dev.yaml");
  expect(parse(readFileSync(file, "utf8"))).toEqual({ config });
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
});

test("nothing is written when nothing changed; a changed value or secret is", async () => {
  const { stack, made, folder } = opened();
  await stack.configure(config, secrets);
  made();
  const file = join(folder, "Pulumi.local.yaml");
  writeFileSync(file, "encryptionsalt: kept\n");
  await stack.configure(config, secrets);
  expect(made).toThrow(/ENOENT/);
  expect(readFileSync(file, "utf8")).toBe("encryptionsalt: kept\n");
  await stack.configure({ ...config, "sophia-infra:nginx": {} }, secrets);
  expect(made()).toHaveLength(4);
  await stack.configure({ ...config, "sophia-infra:nginx": {} }, { ...secrets, lambdaApiKey: "rotated" });
  expect(made().map(({ stdin }) => stdin)).toContain("rotated");
});

test("what failed half-way is done again, also where the old values are wanted back", async () => {
  const { stack, made, calls } = opened();
  await stack.configure(config, secrets);
  writeFileSync(`${calls}.fail`, "");
  await expect(stack.configure({}, secrets)).rejects.toThrow(/config ended with 1/);
  made();
  rmSync(`${calls}.fail`);
  await stack.configure(config, secrets);
  expect(made()).toHaveLength(4);
});

test("commands run in the checkout, on this stack, with its file where the command takes one", async () => {
  const { stack, made, folder } = opened();
  await stack.pulumi(["up", "--yes"]);
  expect(await stack.outputs()).toEqual({ url: "https://sophia.lab" });
  const file = join(folder, "Pulumi.local.yaml");
  expect(made()).toEqual([
    {
      args: ["up", "--yes", "--stack", "local", "--config-file", file, "--non-interactive"],
      cwd: repository,
      stdin: "",
      backend: join(folder, "state"),
      helm: "/cache/helm",
    },
    expect.objectContaining({
      args: ["stack", "output", "--json", "--show-secrets", "--stack", "local", "--non-interactive"],
    }),
  ]);
});
