import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pulumiVersion } from "../../../lab/pulumi/versions.ts";
import { pulumiCli } from "../../../tools/pulumi.ts";
import { repository } from "../../../tools/repository.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sophia-pulumi-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A Pulumi home, and where the CLI of this checkout's version belongs in it. */
function place() {
  const home = folder();
  return { home, binary: join(home, "versions", pulumiVersion, "bin", "pulumi") };
}

/** Environment of the real npm package whose download site answers with this installer, or refuses. */
function site(home: string, installer?: string) {
  const module = join(folder(), "site.mjs");
  const answer = installer === undefined ? "'', { status: 403 }" : JSON.stringify(installer);
  writeFileSync(module, `globalThis.fetch = async () => new Response(${answer});\n`);
  return { ...process.env, PULUMI_HOME: home, PULUMI_VERSION: "9.9.9", NODE_OPTIONS: `--import=${module}` };
}

/** As the official one: it tells what it does on standard output. */
const installer = `echo "=== Installing Pulumi ==="
while [ $# -gt 0 ]; do
  [ "$1" = --install-root ] && root=$2
  shift
done
mkdir -p "$root/bin"
printf '#!/bin/sh\\necho "v${pulumiVersion}"\\n' >"$root/bin/pulumi"
chmod +x "$root/bin/pulumi"
`;

test("the CLI is found where the npm package keeps it, and nothing is downloaded", async () => {
  const { home, binary } = place();
  mkdirSync(dirname(binary), { recursive: true });
  writeFileSync(binary, "#!/bin/sh\n");
  chmodSync(binary, 0o755);
  expect(await pulumiCli(repository, site(home))).toBe(binary);
});

test("a missing CLI is downloaded by the npm package, in its own version", async () => {
  const { home, binary } = place();
  expect(await pulumiCli(repository, site(home, installer))).toBe(binary);
  expect(execFileSync(binary, { encoding: "utf8" })).toBe(`v${pulumiVersion}\n`);
});

test("an empty file, as a full disk leaves it, is downloaded again", async () => {
  const { home, binary } = place();
  mkdirSync(dirname(binary), { recursive: true });
  writeFileSync(binary, "", { mode: 0o755 });
  expect(await pulumiCli(repository, site(home, installer))).toBe(binary);
  expect(execFileSync(binary, { encoding: "utf8" })).toBe(`v${pulumiVersion}\n`);
});

test("a download that fails, or leaves nothing, and a missing package say what to do", async () => {
  const { home, binary } = place();
  await expect(pulumiCli(repository, site(home))).rejects.toThrow(
    new RegExp(`cannot download the Pulumi CLI to ${binary}: .*HTTP 403.*\\n.*install it at that path`, "s"),
  );
  await expect(pulumiCli(repository, site(home, "exit 0\n"))).rejects.toThrow(/cannot download.*ENOENT/s);
  const empty = folder();
  await expect(pulumiCli(empty)).rejects.toThrow(`there is no npm package pulumi in ${empty}: `);
});
