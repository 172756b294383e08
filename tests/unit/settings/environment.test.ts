import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Consumer,
  type ConsumerName,
  consumers,
} from "../../../components/settings/environment/consumers.ts";
import {
  type AnySecretName,
  type Secret,
  secrets,
} from "../../../components/settings/environment/secrets.ts";
import {
  containerEnvironment,
  liveSecrets,
  usersOf,
  valuesOf,
} from "../../../components/settings/environment/uses.ts";
import {
  environmentSchema,
  secretFilesFor,
  variables,
} from "../../../components/settings/environment/variables/index.ts";
import type { Variable } from "../../../components/settings/environment/variables/variable.ts";
import { secretsSchema } from "../../../components/settings/schema.ts";
import { catalog } from "../../../mcp/catalog/index.ts";
import { repository } from "../../../tools/repository.ts";
import { listed } from "../docs/documents.ts";

const allSecrets = Object.entries(secrets) as [AnySecretName, Secret][];
const allVariables = Object.entries(variables) as [string, Variable][];
const allConsumers = Object.entries(consumers) as [ConsumerName, Consumer][];

describe("the list", () => {
  test.each(allVariables)("W5 %s follows the naming scheme, or says whose name it is", (name, variable) => {
    expect(name).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    const ours = /^SOPHIA_[A-Z]+(_[A-Z]+)+$/.test(name) || /^LAB(_[A-Z]+)?$/.test(name);
    expect([name, ours || variable.standard !== undefined]).toEqual([name, true]);
    expect([name, ours && variable.standard !== undefined]).toEqual([name, false]);
  });

  test.each(allSecrets)("S1 somebody reads %s, or is going to", (name) => {
    expect(usersOf(name).length).toBeGreaterThan(0);
  });

  test("S1 a required secret is one that somebody reads now", () => {
    for (const [name, { required }] of allSecrets) {
      if (required) expect([...liveSecrets.keys()]).toContain(name);
    }
  });

  test("S1 no two secrets share a place, and each has one in the configuration", () => {
    const places = allSecrets.map(([, secret]) => `${valuesOf(secret, "dev")} ${secret.path}`);
    expect(new Set(places).size).toBe(places.length);
    for (const [name] of allSecrets) expect(name).toMatch(/^[a-z][a-zA-Z0-9]*$/);
  });

  test("S2 rotation is monthly, or says why it is not", () => {
    for (const [name, { rotation }] of allSecrets) {
      expect([name, rotation.days <= 30 || rotation.why !== undefined]).toEqual([name, true]);
    }
  });

  test("W5 no built consumer is listed that reads nothing", () => {
    const reading = new Set(
      [...allSecrets.map(([, { usedBy }]) => usedBy), ...allVariables.map(([, { usedBy }]) => usedBy)].flat(),
    );
    expect(allConsumers.flatMap(([name, { built }]) => (built && !reading.has(name) ? [name] : []))).toEqual(
      [],
    );
  });

  test("M1 what is built among the MCP servers is what the catalog has", () => {
    const built = allConsumers.flatMap(([name, { built: is }]) =>
      is && name.startsWith("mcp/") ? [name.slice(4)] : [],
    );
    const withNeeds = catalog.filter(
      ({ name, unavailable }) => Object.hasOwn(consumers, `mcp/${name}`) && !unavailable,
    );
    expect(built.sort()).toEqual(withNeeds.map(({ name }) => name).sort());
  });
});

describe("what comes of it", () => {
  test("S1 the program's configuration has just the secrets that are read, required or not as the list says", () => {
    expect(Object.keys(secretsSchema.shape).sort()).toEqual([...liveSecrets.keys()].sort());
    const { error } = secretsSchema.safeParse({});
    const missing = error?.issues.map(({ path }) => path.join(".")) ?? [];
    const required = [...liveSecrets].flatMap(([name, secret]) => (secret.required ? [name] : []));
    expect(missing.sort()).toEqual(required.sort());
  });

  test("S1 a token with a line break at its end is refused", () => {
    expect(secrets.lambdaApiKey.format.safeParse("token\n").success).toBe(false);
    expect(secrets.lambdaApiKey.format.safeParse("token").success).toBe(true);
  });

  test("W5 a server demands what it reads, and nothing of its neighbours", () => {
    const { shape } = environmentSchema("mcp/sophia_infrastructure");
    expect(Object.keys(shape)).toContain("SOPHIA_LAMBDA_API_KEY_FILE");
    expect(Object.keys(shape)).not.toContain("NOTION_TOKEN");
    expect(secretFilesFor("mcp/sophia_infrastructure")).toEqual({
      SOPHIA_LAMBDA_API_KEY_FILE: "lambdaApiKey",
    });
  });

  test("W5 a container is given what its programs read; what nothing gives is named", () => {
    const values = { PORT: "80", SOPHIA_HOSTS_FILE: "/hosts", SOPHIA_LAMBDA_API_URL: "https://lambda.test" };
    const made = containerEnvironment(["mcp-kit", "mcp/sophia_infrastructure"], values);
    expect(Object.fromEntries(made.map(({ name, value }) => [name, value]))).toEqual({
      ...values,
      SOPHIA_LAMBDA_API_KEY_FILE: "/etc/sophia-secrets/SOPHIA_LAMBDA_API_KEY_FILE",
    });
    expect(containerEnvironment(["mcp-kit"], values)).toEqual([{ name: "PORT", value: "80" }]);
    expect(() => containerEnvironment(["mcp/sophia_infrastructure"], {})).toThrow(
      "mcp/sophia_infrastructure reads SOPHIA_HOSTS_FILE, and nothing gives a value for it",
    );
  });
});

/** Names that belong to the machine, Node, Pulumi, Docker, Kubernetes and the test runner. */
const foreign = /^(PATH|HOME|NODE_|PULUMI_|DOCKER_|GITHUB_|KUBECONFIG$|SSH_AUTH_SOCK|NO_COLOR|CI$)/;
/** A variable that is asked for, also of an environment that was handed over, and one of ours among a schema's keys. */
const reads = [
  /process\.env\.([A-Za-z_]\w*)/g,
  /\benv(?:ironment)?\.([A-Z]\w*)/g,
  /^\s*(SOPHIA_\w+):/gm,
  /\.(SOPHIA_\w+)\b/g,
];

test("W5 no code of the platform or the lab reads a variable that the list does not know", () => {
  const files = listed("*.ts").filter(
    (file) => !file.startsWith("tests/") || file.startsWith("tests/conformance/"),
  );
  expect(files.length).toBeGreaterThan(500);
  const unknown = files.flatMap((file) => {
    const text = readFileSync(join(repository, file), "utf8");
    return reads
      .flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = ""]) => name))
      .filter((name) => !foreign.test(name) && !Object.hasOwn(variables, name))
      .map((name) => `${file}: ${name}`);
  });
  expect(unknown).toEqual([]);
});
