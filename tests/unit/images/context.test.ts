import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hashContext } from "../../../lab/pulumi/plugins/docker-build/context.ts";
import { comparable, faultsOf } from "../../../lab/pulumi/plugins/docker-build/inputs.ts";
import { parseTag } from "../../../lab/pulumi/plugins/docker-build/registry.ts";
import { differences } from "../../../lab/pulumi/plugins/kit/diff.ts";
import { Secret } from "../../../lab/pulumi/plugins/kit/values.ts";
import { repository } from "../../../tools/repository.ts";

function context() {
  const folder = mkdtempSync(join(tmpdir(), "context-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const at = (name: string) => join(folder, name);
  const write = (name: string, text: string) => writeFileSync(at(name), text);
  write("Dockerfile", "FROM scratch\n");
  mkdirSync(at("deep/er"), { recursive: true });
  write("deep/er/file", "1");
  write("notes.md", "1");
  return { at, write, hash: () => hashContext(folder, at("Dockerfile")) };
}

test("every change of what is sent is seen, and none of what is not", async () => {
  const { at, write, hash } = context();
  const seen = [await hash()];
  const changed = async (what: string) => {
    const now = await hash();
    expect(seen, what).not.toContain(now);
    seen.push(now);
  };
  const same = async (what: string) => expect(await hash(), what).toBe(seen.at(-1));

  write(".dockerignore", "*.md\nsecrets\n!secrets/shown\n");
  await changed("a new file of rules");
  write("notes.md", "2");
  await same("an ignored file");
  write("deep/er/file", "2");
  await changed("content");
  chmodSync(at("deep/er/file"), 0o755);
  await changed("a mode");
  renameSync(at("deep/er/file"), at("deep/er/named"));
  await changed("a name");
  symlinkSync("named", at("deep/er/link"));
  await changed("a link");
  write("Dockerfile", "FROM scratch\nUSER 1\n");
  await changed("the Dockerfile");
  mkdirSync(at("secrets"));
  write("secrets/hidden", "1");
  await same("a file in an ignored folder");
  write("secrets/shown", "1");
  await changed("one that is taken back in");
  write("Dockerfile.dockerignore", "*\n");
  await changed("rules of the Dockerfile's own");
  write("deep/er/named", "3");
  await same("what they ignore");
});

test.each([
  [".", "mcp/servers/gong"],
  ["images/monitoring", "exporter"],
])("S1 a key beside the programs of %s does not get into an image", async (ignoring, programs) => {
  const { at, write, hash } = context();
  write(".dockerignore", readFileSync(join(repository, ignoring, ".dockerignore"), "utf8"));
  mkdirSync(at(programs), { recursive: true });
  write(`${programs}/main.ts`, "1");
  const before = await hash();
  for (const name of [".env", ".env.local", ".npmrc", "tls.key", "tls.pem"])
    write(`${programs}/${name}`, "1");
  expect(await hash()).toBe(before);
  write(`${programs}/main.ts`, "2");
  expect(await hash()).not.toBe(before);
});

test("a missing Dockerfile or folder is told by its name", async () => {
  const { at } = context();
  await expect(hashContext(at("."), at("nowhere"))).rejects.toThrow(
    `Dockerfile ${at("nowhere")} does not exist`,
  );
  await expect(hashContext(at("none"), at("Dockerfile"))).rejects.toThrow("ENOENT");
});

test("a registry's new password builds nothing anew, a new user does", () => {
  const inputs = (username: string, password: string) => ({
    push: true,
    registries: [{ address: "ghcr.io", username, password: new Secret(password) }],
  });
  const before = comparable(inputs("a", "old"));
  expect(differences(before, comparable(inputs("a", "new"))).size).toBe(0);
  expect([...differences(before, comparable(inputs("b", "new"))).keys()]).toEqual(["registries[0].username"]);
});

test("S1 secret build arguments are faults, one by one or all of them", () => {
  const rest = { push: true, buildOnPreview: false, tags: ["r.example/a:1"] };
  const properties = (buildArgs: Parameters<typeof faultsOf>[0]["buildArgs"]) =>
    faultsOf({ ...rest, ...(buildArgs === undefined ? {} : { buildArgs }) }).map(({ property }) => property);
  expect(properties({ A: "1", B: new Secret("x") })).toEqual(["buildArgs.B"]);
  expect(properties(new Secret({ A: "1" }))).toEqual(["buildArgs.*"]);
  expect(properties({ A: "1" })).toEqual([]);
});

test.each(["made", "team/made:1", "r.example/made", "r.example/made:1@sha256:00"])(
  "tag %s is refused",
  (tag) => {
    expect(() => parseTag(tag)).toThrow(`tag ${tag} must be registry/name:tag`);
  },
);
