import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { images } from "../../../components/core/versions.ts";
import { imagesOfOthers } from "../../../components/images/roles.ts";
import { deployedImages } from "../../../delivery/stack/scan.ts";
import { repository } from "../../../tools/repository.ts";

const digest = (hex: string) => `sha256:${hex.repeat(32)}`;
const password = "planted-password";

/** An engine that writes down how it is called. What it saves is an archive with the image's name in it. */
const docker = `#!/bin/sh
echo "$@" >>"$CALLS"
case "$1" in
  version) case "$*" in *Arch*) echo linux/amd64 ;; *) echo 28.0.0 ;; esac ;;
  image) printf '[{"Id":"sha256:%s"}]\\n' "$(printf %s "$3" | sha256sum | cut -c1-64)" ;;
  pull) if [ -n "$DOCKER_CONFIG" ]; then cp "$DOCKER_CONFIG/config.json" "$CALLS.login"; fi ;;
  save) echo "$4" >"$3" ;;
esac
`;
/** Finds a vulnerability in each image whose name has $VULNERABLE in it. */
const scanner = `#!/bin/sh
for archive; do :; done
if [ -z "$VULNERABLE" ] || ! grep -q "$VULNERABLE" "$archive"; then echo '{"results":[]}'; exit 0; fi
cat <<'END'
{"results":[{"packages":[{"package":{"name":"zod","version":"1.0.0","ecosystem":"npm"},
"groups":[{"ids":["CVE-1"],"max_severity":"9.8"}],
"vulnerabilities":[{"id":"CVE-1","affected":[{"package":{"name":"zod","ecosystem":"npm"},
"ranges":[{"events":[{"fixed":"2.0.0"}]}]}]}]}]}]}
END
exit 1
`;
/** Knows the stack's outputs and the registry's password. */
const pulumi = `#!/bin/sh
case "$*" in
  "stack output"*) cat "$OUTPUTS" ;;
  "config get registryPassword"*) echo ${password} ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`;
const stackFile = `config:
  sophia-infra:images:
    build:
      registry: { server: registry.test, username: pusher }
      repository: registry.test/team
      bases:
        node: registry.test/node:24@${digest("ab")}
        debian: registry.test/debian:12@${digest("cd")}
      services: { pipeline: data }
`;

let folder: string;
let environment: Record<string, string | undefined>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sophia-scan-unit-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  mkdirSync(join(folder, "tmp"));
  for (const [name, text] of Object.entries({ docker, scanner, pulumi })) {
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(folder, "stack.yaml"), stackFile);
  writeFileSync(join(folder, "calls"), "");
  environment = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    TMPDIR: join(folder, "tmp"),
    CALLS: join(folder, "calls"),
    OUTPUTS: join(folder, "outputs.json"),
    LAB_CACHE: join(folder, "cache"),
    OSV_SCANNER: join(bin, "scanner"),
    PULUMI_BINARY: join(bin, "pulumi"),
    PULUMI_CONFIG_FILE: join(folder, "stack.yaml"),
    PULUMI_ORGANIZATION: "",
    DOCKER_CONFIG: "",
    VULNERABLE: "",
  };
});

const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
const scan = (program: string, args: string[], more: Record<string, string> = {}) =>
  spawnSync(program, args, { encoding: "utf8", env: { ...environment, ...more } });

/** Whether a text names a heading of a runbook that is there. */
function namesHeading(text: string): boolean {
  const [, book = "", heading = ""] = /(docs\/runbooks\/\S+\.md)#(\S+)/.exec(text) ?? [];
  const headings = readFileSync(join(repository, book), "utf8").match(/^## .+$/gm) ?? [];
  return headings.some((each) => each.slice(3).toLowerCase().replaceAll(" ", "-") === heading);
}

describe("W4 delivery/scan-images.sh", () => {
  const script = join(repository, "delivery/scan-images.sh");

  test("builds every image of the stack over its pinned bases, scans it, and pushes none", () => {
    const { status, stdout, stderr } = scan(script, ["dev"]);
    expect(status, stderr).toBe(0);
    expect(stdout.split("\n").filter(Boolean)).toEqual(
      ["base", "mcp-servers", "monitoring", "pipeline"].map((name) => `✔ ${name}: no vulnerability to fix`),
    );
    const made = calls();
    expect(made).toContain(`pull registry.test/node:24@${digest("ab")}`);
    const [base = ""] = made.filter((call) => call.startsWith("build "));
    expect(base).toMatch(
      /--build-arg NODE=sophia-lab\/pinned-node:\w+ --build-arg DEBIAN=sophia-lab\/pinned-debian:/,
    );
    expect(made.filter((call) => /^(push|login)/.test(call))).toEqual([]);
  });

  test("ends with 1 when one has a vulnerability that must be fixed, after scanning all", () => {
    const { status, stdout } = scan(script, ["dev"], { VULNERABLE: "scanned-monitoring" });
    expect(status).toBe(1);
    expect(stdout).toContain(
      "✘ monitoring: 1 vulnerability to fix\n  CVE-1  9.8  zod 1.0.0 (npm), fixed in 2.0.0\n",
    );
    expect(stdout).toContain("✔ pipeline");
  });

  /** A production stack file with one digest that was looked up, and a server in another image. */
  const production = (): string => {
    const { config } = parse(readFileSync(join(repository, "Pulumi.prod.yaml"), "utf8")) as {
      config: Record<string, object>;
    };
    config["sophia-infra:images"] = {
      ...config["sophia-infra:images"],
      digests: { [images.redis]: digest("ef") },
    };
    config["sophia-infra:mcp"] = { servers: { github: { image: "ghcr.io/acme/github:1" } } };
    config["sophia-infra:backup"] = { repository: "s3:https://s3.example.com/backups/prod" };
    const file = join(folder, "production.yaml");
    writeFileSync(file, stringify({ config }));
    return file;
  };
  const others = [
    ...imagesOfOthers.filter((image) => image !== images.githubMcp && image !== images.redis),
    `${images.redis}@${digest("ef")}`,
    "ghcr.io/acme/github:1",
  ].sort();

  test("pulls the images of others that the stack runs, by digest where one is known, and builds nothing", () => {
    const { status, stdout, stderr } = scan(script, ["prod", "others"], { PULUMI_CONFIG_FILE: production() });
    expect(status, stderr).toBe(0);
    const pulled = calls().filter((call) => call.startsWith("pull "));
    expect(pulled).toEqual(others.map((image) => `pull --quiet ${image}`));
    expect(stdout.split("\n").filter(Boolean)).toEqual(
      others.map((image) => `✔ ${image.replace(/@.*/, "")}: no vulnerability to fix`),
    );
    expect(calls().filter((call) => /^(build|push|login)/.test(call))).toEqual([]);
  });

  test("ends with 1 when one of others has a vulnerability that must be fixed, after scanning all", () => {
    const { status, stdout, stderr } = scan(script, ["prod", "others"], {
      PULUMI_CONFIG_FILE: production(),
      VULNERABLE: "redis",
    });
    expect(status).toBe(1);
    expect(stdout).toContain(`✘ ${images.redis}: 1 vulnerability to fix`);
    expect(stdout.split("\n").filter((line) => line.startsWith("✔"))).toHaveLength(others.length - 1);
    expect(namesHeading(stderr)).toBe(true);
  });

  test("refuses a stack file that cannot be used, and images that it does not know, by name", () => {
    const file = join(folder, "wrong.yaml");
    writeFileSync(file, stringify({ config: { "sophia-infra:nginx": { hostnames: 3 } } }));
    const wrong = scan(script, ["prod", "others"], { PULUMI_CONFIG_FILE: file });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain("wrong.yaml has settings that cannot be used:");
    expect(wrong.stderr).toContain("  nginx.hostnames: ");
    expect(scan(script, ["prod", "theirs"])).toMatchObject({
      status: 2,
      stderr: "theirs: no such images to scan; there are ours and others\n",
    });
    expect(calls()).toEqual([""]);
  });
});

describe("W4 delivery/cli.ts scan", () => {
  const references = {
    base: `registry.test/team/base:1-dev@${digest("01")}`,
    pipeline: `registry.test/team/pipeline:1-dev@${digest("02")}`,
  };
  const scanDeployed = (outputs: object, more: Record<string, string> = {}) => {
    writeFileSync(join(folder, "outputs.json"), JSON.stringify(outputs));
    return scan(process.execPath, [join(repository, "delivery/cli.ts"), "scan", "--stack=dev"], more);
  };

  test("scans the very digests that the stack runs, and builds nothing", () => {
    const { status, stdout, stderr } = scanDeployed({ repoDigests: references });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("The 2 images of stack dev have no vulnerability to fix.");
    const pulled = calls().filter((call) => call.startsWith("pull "));
    expect(pulled).toEqual(Object.values(references).map((reference) => `pull --quiet ${reference}`));
    expect(calls().filter((call) => call.startsWith("build"))).toEqual([]);
  });

  test("S1 gives the registry's password to Docker in a file that is gone afterwards", () => {
    const { stdout, stderr } = scanDeployed({ repoDigests: references });
    const { auths } = JSON.parse(readFileSync(join(folder, "calls.login"), "utf8")) as {
      auths: Record<string, { auth: string }>;
    };
    const login = Buffer.from(auths["registry.test"]?.auth ?? "", "base64").toString();
    expect(login).toBe(`pusher:${password}`);
    expect(`${stdout}${stderr}${calls().join("\n")}`).not.toContain(password);
    expect(readdirSync(join(folder, "tmp"))).toEqual([]);
  });

  test("ends with 1 and names the runbook when one has a vulnerability that must be fixed", () => {
    const { status, stdout, stderr } = scanDeployed(
      { repoDigests: references },
      { VULNERABLE: "sophia-scan/base" },
    );
    expect(status).toBe(1);
    expect(stdout).toContain("✘ base: 1 vulnerability to fix");
    expect(stdout).toContain("✔ pipeline");
    expect(namesHeading(stderr)).toBe(true);
  });

  test("a stack that builds no images has none to scan; one that names them by tag is refused", () => {
    expect(scanDeployed({ repoDigests: {} })).toMatchObject({
      status: 0,
      stdout: "Stack dev builds no images; nothing was scanned.\n",
    });
    expect(() => deployedImages("dev", { repoDigests: { base: "registry.test/team/base:1" } })).toThrow(
      /stack dev .* by digest \(repoDigests\.base\)/,
    );
    expect(() => deployedImages("dev", {})).toThrow("(repoDigests)");
  });
});
