import { createDecipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { files, type Lab } from "../../../../lab/lab.ts";
import { Stack } from "../../../../lab/stack/stack.ts";
import { repository } from "../../../../tools/repository.ts";

interface Call {
  args: string[];
  cwd: string;
  stdin: string;
  backend: string;
  helm: string;
}

/** A CLI that writes down how it was called, and makes and reads just enough of a file backend. */
const cli = `#!${process.execPath}
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require("node:fs");
const args = process.argv.slice(2);
const state = new URL(process.env.PULUMI_BACKEND_URL).pathname;
const takesInput = args[0] === "config";
const stdin = takesInput ? readFileSync(0, "utf8") : "";
appendFileSync(process.env.CALLS, JSON.stringify({ args, cwd: process.cwd(), stdin, backend: state, helm: process.env.HELM_BINARY }) + "\\n");
if (args[0] === "stack" && args[1] === "init") {
  const stacks = state + "/.pulumi/stacks/sophia-infra";
  mkdirSync(stacks, { recursive: true });
  writeFileSync(stacks + "/" + args[2] + ".json", "{}");
}
if (args[0] === "stack" && args[1] === "output") console.log(JSON.stringify({ url: "https://sophia.lab" }));
`;

const passphrase = randomBytes(12).toString("base64url");
const lab = (home: string): Lab => ({
  name: "test",
  folder: join(home, "lab"),
  cache: join(home, "cache"),
  configFile: "",
});

function opened(name?: string) {
  const home = mkdtempSync(join(tmpdir(), "stack-"));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const [binary, calls] = [join(home, "pulumi"), join(home, "calls")];
  writeFileSync(binary, cli);
  chmodSync(binary, 0o755);
  const { passphrase: passphraseFile } = files(lab(home));
  mkdirSync(dirname(passphraseFile), { recursive: true });
  writeFileSync(passphraseFile, passphrase);
  const stack = new Stack(
    { mode: "stand-in", home: join(home, "pulumi-home"), binary },
    lab(home),
    { CALLS: calls, HELM_BINARY: "/cache/helm" },
    name,
  );
  const made = (): Call[] => {
    const text = readFileSync(calls, "utf8").trim();
    rmSync(calls);
    return text.split("\n").map((line) => JSON.parse(line));
  };
  return { stack, made, folder: join(lab(home).folder, "pulumi"), home };
}

const config = { "sophia-infra:redis": { memory: "1Gi" } };
const secrets = {
  lambdaApiKey: "key-of-the-test",
  sshPrivateKey: "two\nlines\n",
  tlsCertificate: "certificate-of-the-test",
  tlsKey: "tls-key-of-the-test",
};

/** As the CLI opens a stack file: PBKDF2 over the salt, then AES-256-GCM. */
function openSealed(file: string): Record<string, string> {
  const { encryptionsalt, config: written } = parse(readFileSync(file, "utf8")) as {
    encryptionsalt: string;
    config: Record<string, { secure?: string }>;
  };
  const [, salt = "", ...word] = encryptionsalt.split(":");
  const key = pbkdf2Sync(passphrase, Buffer.from(salt, "base64"), 1_000_000, 32, "sha256");
  const unseal = (text: string) => {
    const [version, nonce = "", sealed = ""] = text.split(":");
    expect(version).toBe("v1");
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
  };
  expect(unseal(word.join(":"))).toBe("pulumi");
  return Object.fromEntries(
    Object.entries(written).flatMap(([name, { secure }]) =>
      secure ? [[name.split(":")[1] ?? "", unseal(secure)]] : [],
    ),
  );
}

test("S1 secrets are sealed in the stack file, exactly, and in no other file and no argument", async () => {
  const { stack, made, home, folder } = opened();
  await stack.configure(config, secrets);
  expect(openSealed(join(folder, "Pulumi.local.yaml"))).toEqual(secrets);
  const values = Object.values(secrets);
  const called = JSON.stringify(made());
  expect(values.filter((value) => called.includes(value))).toEqual([]);
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
  await stack.configure({}, secrets);
  expect(made()).toEqual([
    expect.objectContaining({
      args: ["stack", "init", "preview-dev", "--non-interactive"],
      cwd: join(folder, "init"),
      backend: join(folder, "state"),
    }),
  ]);
  const file = join(folder, "Pulumi.preview-dev.yaml");
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
});

test("nothing is written when nothing changed; a changed value or secret is", async () => {
  const { stack, folder } = opened();
  await stack.configure(config, secrets);
  const file = join(folder, "Pulumi.local.yaml");
  const first = readFileSync(file, "utf8");
  await stack.configure(config, secrets);
  expect(readFileSync(file, "utf8")).toBe(first);
  const changed = { ...config, "sophia-infra:nginx": { hostnames: [] } };
  await stack.configure(changed, { ...secrets, lambdaApiKey: "rotated" });
  expect(openSealed(file)).toEqual({ ...secrets, lambdaApiKey: "rotated" });
  expect(parse(readFileSync(file, "utf8"))).toMatchObject({ config: changed });
});

test("S1 the salt stays, so that the state's secrets need not be sealed anew", async () => {
  const { stack, folder } = opened();
  const salt = () => parse(readFileSync(join(folder, "Pulumi.local.yaml"), "utf8")).encryptionsalt;
  await stack.configure(config, secrets);
  const first = salt();
  await stack.configure({}, secrets);
  expect(salt()).toBe(first);
});

test("what failed half-way is done again, also where the old values are wanted back", async () => {
  const { stack, folder, home } = opened();
  await stack.configure(config, secrets);
  const passphraseFile = files({ ...lab(home) }).passphrase;
  rmSync(passphraseFile);
  await expect(stack.configure({}, secrets)).rejects.toThrow(/ENOENT/);
  writeFileSync(passphraseFile, passphrase);
  const file = join(folder, "Pulumi.local.yaml");
  writeFileSync(file, "");
  await stack.configure(config, secrets);
  expect(openSealed(file)).toEqual(secrets);
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

/** As a CLI that was killed leaves it. */
function leaveDeadLock(folder: string): void {
  const locks = join(folder, "state/.pulumi/locks/organization/sophia-infra/local");
  mkdirSync(locks, { recursive: true });
  const dead = { pid: 2 ** 22 + 1, hostname: hostname(), username: "root" };
  writeFileSync(join(locks, "one.json"), JSON.stringify(dead));
}

test("what a killed CLI was about to create is forgotten, so that no later run warns of it; the rest is kept", async () => {
  const { stack, folder } = opened();
  await stack.configure(config, secrets);
  const state = join(folder, "state/.pulumi/stacks/sophia-infra/local.json");
  const latest = (pending_operations: object[]) => ({
    version: 3,
    checkpoint: { latest: { resources: [{ urn: "one" }], pending_operations } },
  });
  const [create, remove] = [{ type: "creating" }, { type: "deleting" }];
  writeFileSync(state, JSON.stringify(latest([create, remove])));
  await stack.configure(config, secrets);
  expect(JSON.parse(readFileSync(state, "utf8"))).toEqual(latest([create, remove]));
  leaveDeadLock(folder);
  await stack.configure(config, secrets);
  expect(JSON.parse(readFileSync(state, "utf8"))).toEqual(latest([remove]));
});

test.each([
  ["alone", false],
  ["with the lock of a CLI that was killed then", true],
])("a state that a full disk left incomplete is reported, with what to do: %s", async (_how, killed) => {
  const { stack, folder } = opened();
  await stack.configure(config, secrets);
  writeFileSync(join(folder, "state/.pulumi/stacks/sophia-infra/local.json"), '{"version":3,"check');
  if (killed) leaveDeadLock(folder);
  await expect(stack.configure(config, secrets)).rejects.toThrow(/is incomplete.*make down/);
});
