import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { generated } from "../../../components/settings/environment/generated.ts";
import { type AnySecretName, secrets } from "../../../components/settings/environment/secrets.ts";
import { liveSecrets } from "../../../components/settings/environment/uses.ts";
import { settingsSchema } from "../../../components/settings/schema.ts";
import { dueOnes, RecordError, type RotationRecord, standings } from "../../../esc/rotation/due.ts";
import { render } from "../../../esc/rotation/render.ts";
import { repository } from "../../../tools/repository.ts";

const stages = ["dev", "prod"];
const uses = {
  dev: { tlsKey: ["a:b:C one", "a:b:D two"] },
  prod: { tlsKey: ["a:b:C three"], "postgres.passwordGeneration": ["a:b:C four"] },
};
const plan = (record: RotationRecord, today = "2026-11-21") => standings({ record, stages, today, uses });
const of = (record: RotationRecord, secret: string, environment: string, today?: string) => {
  const found = plan(record, today).find(
    (standing) => standing.secret === secret && standing.environment === environment,
  );
  if (!found) throw new Error(`no ${secret} in ${environment}`);
  return found;
};
const lambda = (date: string) => ({ "sophia/base-secrets": { "lambda.apiKey": date } });

test("S2 every value that the platform reads is watched, once for the company and once for each stage", () => {
  const watched = plan({}).map(({ secret, environment }) => `${secret} ${environment}`);
  expect(watched).toContain("lambdaApiKey sophia/base-secrets");
  expect(watched).toContain("tlsKey sophia/dev-secrets");
  expect(watched).toContain("tlsKey sophia/prod-secrets");
  const given = plan({}).filter(({ rotation }) => rotation.by !== "setting");
  expect(new Set(given.map(({ secret }) => secret))).toEqual(new Set(liveSecrets.keys()));
  expect(new Set(watched).size).toBe(watched.length);
});

test.each([
  ["2026-11-21", "fresh", "2026-12-21"],
  ["2026-10-30", "fresh", "2026-11-29"],
  ["2026-10-29", "due", "2026-11-28"],
  ["2026-10-22", "due", "2026-11-21"],
  ["2026-10-21", "overdue", "2026-11-20"],
])("S2 a secret of 30 days that was changed on %s is %s, to be changed by %s", (last, state, due) => {
  expect(of(lambda(last), "lambdaApiKey", "sophia/base-secrets")).toMatchObject({ state, due, last });
});

test("S2 what nobody wrote down is not taken for fresh", () => {
  for (const { secret, state } of plan({})) {
    const required = !Object.hasOwn(secrets, secret) || secrets[secret as AnySecretName].required;
    expect([secret, state]).toEqual([secret, required ? "unrecorded" : "absent"]);
  }
  expect(dueOnes(plan({})).map(({ secret }) => secret)).toContain("tlsKey");
  const absent = plan({}).filter(({ state }) => state === "absent").length;
  expect(render(plan({}))).toContain(`${absent} optional secrets without a recorded rotation`);
});

test("S2 what the program made itself is reminded of, in each stack, by the setting that makes it anew", () => {
  const settings = settingsSchema.shape;
  for (const { setting, about } of generated) {
    const [section = "", key = ""] = setting.split(".");
    const part = settings[section as keyof typeof settings];
    expect([setting, JSON.stringify(z.toJSONSchema(part, { io: "input", unrepresentable: "any" }))]).toEqual([
      setting,
      expect.stringContaining(`"${key}"`),
    ]);
    for (const stage of stages) expect(of({}, about, `Pulumi.${stage}.yaml`).state).toBe("unrecorded");
  }
  const record = { "Pulumi.prod.yaml": { "postgres.passwordGeneration": "2026-11-01" } };
  const passwords = of(record, "passwords of PostgreSQL's logins", "Pulumi.prod.yaml", "2026-12-15");
  expect(passwords).toMatchObject({ state: "overdue", due: "2026-12-01" });
  const text = render([passwords]);
  expect(text).toContain("It is postgres.passwordGeneration in Pulumi.prod.yaml");
  expect(text).toContain("changes in prod:\n      a:b:C four");
  expect(text).toContain("`node esc/rotation/main.ts --done Pulumi.prod.yaml postgres.passwordGeneration`");
  expect(() => plan({ "Pulumi.prod.yaml": { "postgres.password": "2026-11-01" } })).toThrow(
    "there is no such secret",
  );
});

test("S2 what is most urgent comes first", () => {
  const record = {
    ...lambda("2026-01-01"),
    "sophia/dev-secrets": { "tls.key": "2026-11-20", "tls.certificate": "2026-09-24" },
  };
  const states = plan(record).map(({ state }) => state);
  expect(states[0]).toBe("overdue");
  expect(states.filter((state) => state !== "absent").slice(-2)).toEqual(["due", "fresh"]);
});

test("S2 what gets the new value is told stack by stack, as the program has it", () => {
  expect(of({}, "tlsKey", "sophia/prod-secrets").republish).toMatchObject({
    configKey: "sophia-infra:tlsKey",
    stacks: [{ name: "prod", resources: ["a:b:C three"] }],
  });
  expect(of({}, "lambdaApiKey", "sophia/base-secrets").republish.stacks.map(({ name }) => name)).toEqual(
    stages,
  );
  const text = render(plan({}));
  expect(text).toContain("changes in dev:\n      a:b:C one\n      a:b:D two");
  expect(text).toContain("esc env set sophia/dev-secrets tls.key --secret --string --file -");
});

test("S2 O3 the report names the page with all steps, and no plain `pulumi up`, which asks no policy and no guard", () => {
  const all = plan({});
  expect(render(all)).not.toContain("pulumi up");
  const [lambdaKey, rotator] = [
    of({}, "lambdaApiKey", "sophia/base-secrets"),
    of({}, "snowflakeLoaderPrivateKey", "sophia/prod-secrets"),
  ];
  expect(render([lambdaKey])).toContain("deploy dev, then prod: all steps are in docs/runbooks/rotate.md");
  const due = { ...rotator, state: "due" } as const;
  expect(render([due])).toContain("deploy prod: all steps are in docs/runbooks/rotate.md");
});

test("S2 a rotator's secret is rotated by ESC", () => {
  const standing = of({}, "tlsKey", "sophia/dev-secrets");
  const { rotation } = secrets.snowflakeLoaderPrivateKey;
  expect(render([{ ...standing, rotation }])).toContain(
    "ESC's rotator snowflake-user rotates it: `esc env rotate",
  );
});

test("S2 all faults of the record come at once", () => {
  const record = {
    "sophia/base-secrets": { "lambda.apiKey": "2026-02-30", "lambda.apiKee": "2026-01-01" },
    "sophia/dev-secrets": { "tls.key": "2026-12-01" },
    "sophia/stage-secrets": { "tls.key": "2026-01-01" },
  };
  expect(() => plan(record)).toThrow(RecordError);
  expect(() => plan(record)).toThrow(
    /lambda.apiKey: 2026-02-30 is not a date.*lambda.apiKee: there is no such.*tls.key: 2026-12-01 is in the future.*stage-secrets/s,
  );
});

test("S2 as days go by, a secret only ever becomes more urgent", () => {
  const rank = ["fresh", "due", "overdue"];
  const dates = fc.integer({ min: 0, max: 500 });
  const shift = (days: number) =>
    new Date(Date.parse("2026-01-01") + days * 86_400_000).toISOString().slice(0, 10);
  fc.assert(
    fc.property(dates, dates, (earlier, more) => {
      const at = (days: number) =>
        rank.indexOf(of(lambda("2026-01-01"), "lambdaApiKey", "sophia/base-secrets", shift(days)).state);
      return at(earlier) <= at(earlier + more);
    }),
  );
});

/** The checkout as far as the command reads it, so that the real record stays as it is. */
function copyOfCheckout(): string {
  const folder = mkdtempSync(join(tmpdir(), "rotation-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["esc", "components", "Pulumi.dev.yaml", "Pulumi.prod.yaml", "package.json"]) {
    cpSync(join(repository, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  return folder;
}

test("S2 `make rotation` ends with 1 until all is written down, with 2 when the record is wrong", () => {
  const folder = copyOfCheckout();
  const rotation = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder, "esc/rotation/main.ts"), ...args],
      {
        encoding: "utf8",
      },
    );
    return { status, stdout, stderr };
  };
  const record = join(folder, "esc/rotations.yaml");
  writeFileSync(record, "# kept\n{}\n");
  const { status, stdout } = rotation("--json");
  expect(status).toBe(1);
  const { secrets: all } = JSON.parse(stdout) as { secrets: { environment: string; path: string }[] };
  const last = (environment: string) => all.findLast((one) => one.environment === environment)?.path ?? "";
  const byHand = {
    "sophia/base-secrets": last("sophia/base-secrets"),
    "Pulumi.dev.yaml": last("Pulumi.dev.yaml"),
  };
  const written: RotationRecord = {};
  for (const { environment, path } of all) {
    if (Object.entries(byHand).some(([one, its]) => one === environment && its === path)) continue;
    written[environment] = { ...written[environment], [path]: new Date().toISOString().slice(0, 10) };
  }
  writeFileSync(record, `# kept\n${stringify(written)}`);
  for (const [environment, path] of Object.entries(byHand))
    expect(rotation("--done", environment, path).status).toBe(0);
  expect(rotation()).toMatchObject({ status: 0, stdout: expect.stringMatching(/nothing is due\n$/) });
  expect(readFileSync(record, "utf8")).toMatch(/^# kept/);
  expect(rotation("--done", "sophia/base-secrets", "no.such")).toMatchObject({ status: 2 });
  writeFileSync(record, "sophia/base-secrets: {lambda.apiKey: soon}\n");
  expect(rotation()).toMatchObject({ status: 2, stderr: expect.stringContaining("soon is not a date") });
}, 300_000);

test("S2 esc/uses.yaml says what a new value of each secret changes in the program", () => {
  const check = () =>
    execFileSync(process.execPath, [join(repository, "esc/documents.ts"), "--check"], { stdio: "pipe" });
  expect(check).not.toThrow();
  const written = parse(readFileSync(join(repository, "esc/uses.yaml"), "utf8")) as Record<
    string,
    Record<string, string[]>
  >;
  expect(written.prod?.lambdaApiKey).toContain("kubernetes:core/v1:Secret mcp-sophia_infrastructure-secret");
  expect(written.prod?.tlsKey).toContain("kubernetes:core/v1:Secret nginx-tls");
  // Also those that hold the certificate of PostgreSQL beside its password.
  expect(written.prod?.["postgres.passwordGeneration"]).toContain(
    "kubernetes:core/v1:Secret mcp-sophia_data_intelligence-secret",
  );
  // What the program makes itself: the password or token, and everything that gets it.
  for (const { setting, resource } of generated) {
    const made = new RegExp(`RandomPassword ${resource.replace("*", ".*")}$`);
    const uses = written.prod?.[setting] ?? [];
    expect([setting, uses]).toEqual([setting, expect.arrayContaining([expect.stringMatching(made)])]);
    expect([setting, uses.filter((use) => !made.test(use))]).not.toEqual([setting, []]);
  }
  for (const found of Object.values(written)) {
    for (const [secret, resources] of Object.entries(found)) {
      const required = !Object.hasOwn(secrets, secret) || secrets[secret as AnySecretName].required;
      if (required) expect([secret, resources]).not.toEqual([secret, []]);
    }
  }
}, 900_000);
