import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Backup } from "../../../components/backup/backup.ts";
import { backupMonitored, backupQueries } from "../../../components/backup/monitored.ts";
import { databases } from "../../../components/services/postgres/logins.ts";
import { backupSettings } from "../../../components/settings/sections/backup.ts";
import { postgresSettings, redisSettings } from "../../../components/settings/sections/services.ts";
import { containersOf, faultsOf, podOf } from "../../charts/rules.ts";
import { find, mockEngine, registered, unmarked } from "../components/registered.ts";

await mockEngine();

const settings = backupSettings.parse({ repository: "s3:https://s3.example.com/backups/prod" });
const args = {
  settings: {
    backup: settings,
    postgres: postgresSettings.parse({ image: "registry.test/postgresql:15.1" }),
    redis: redisSettings.parse({ image: "registry.test/redis:7" }),
  },
  namespace: "data",
  postgres: {
    host: "postgres-rw.data.svc",
    port: 5432,
    databases,
    loginSecrets: { backup: "postgres-login-backup", monitoring: "postgres-login-monitoring" },
    caSecret: "postgres-tls",
  },
  redis: {
    host: "redis.data.svc",
    port: 6379,
    caSecret: "redis-tls",
    passwords: { backup: pulumi.secret("r") },
  },
  secrets: {
    backupPassword: pulumi.secret("p"),
    backupAccessKeyId: pulumi.secret("a"),
    backupSecretAccessKey: pulumi.secret("s"),
  },
};
type Changed = { backup?: Partial<typeof settings>; secrets?: Partial<typeof args.secrets> };

type Json = Record<string, unknown>;
interface JobSpec {
  backoffLimit: number;
  template: { metadata: { labels: Json }; spec: Json };
}
const cron = (name: string) =>
  find("kubernetes:batch/v1:CronJob", name) as {
    spec: { jobTemplate: { spec: JobSpec }; suspend?: boolean; concurrencyPolicy: string; schedule: string };
  };
const first = () =>
  find("kubernetes:batch/v1:Job", "b-first") as { metadata: Json & { name: string }; spec: JobSpec };

async function registeredWith({ backup, secrets }: Changed = {}): Promise<void> {
  registered.length = 0;
  new Backup("b", {
    ...args,
    settings: { ...args.settings, backup: { ...settings, ...backup } },
    secrets: { ...args.secrets, ...secrets },
  });
  await expect.poll(() => registered.some(({ name }) => name === "b-first")).toBe(true);
}

describe("Backup", () => {
  test("D4 runs on the schedule, never twice at once, and at once in the update that brings it", async () => {
    await registeredWith();
    const { spec } = cron("b-cron");
    expect(spec).toMatchObject({ schedule: "30 2 * * *", concurrencyPolicy: "Forbid" });
    expect(first().spec.template).toEqual(spec.jobTemplate.spec.template);
    expect(first().metadata.annotations).toEqual({ "pulumi.com/replaceUnready": "true" });
    expect(cron("b-fetch").spec.suspend).toBe(true);
    // An update shows what a pod's container said last, and of init containers nothing.
    const open = find("kubernetes:batch/v1:Job", "b-open") as ReturnType<typeof first>;
    const [only, ...more] = open.spec.template.spec.containers as Json[];
    expect(more).toEqual([]);
    expect(only).toEqual((spec.jobTemplate.spec.template.spec.initContainers as Json[])[0]);
    expect(open.spec.template.spec.initContainers).toBeUndefined();
    expect(only?.terminationMessagePolicy).toBe("FallbackToLogsOnError");
  });

  test("D4 another bucket, key or image runs one at once; another schedule does not", async () => {
    const nameWith = async (changed: Changed) => {
      await registeredWith(changed);
      return first().metadata.name;
    };
    const before = await nameWith({});
    expect(await nameWith({ backup: { schedule: "0 4 * * *" } })).toBe(before);
    const others = [
      await nameWith({ backup: { repository: "s3:https://s3.example.com/other/prod" } }),
      await nameWith({ backup: { image: "registry.test/restic:1" } }),
      await nameWith({ secrets: { backupPassword: pulumi.secret("another") } }),
      await nameWith({ secrets: { backupSecretAccessKey: pulumi.secret("another") } }),
    ];
    expect(new Set([before, ...others]).size).toBe(5);
  });

  test("S4 its pods keep the rules of Pod Security, and reach the stores, and the bucket's host and port alone", async () => {
    await registeredWith();
    for (const name of ["b-cron", "b-fetch"]) {
      const { spec } = cron(name).spec.jobTemplate;
      const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec: spec as unknown as Json };
      // The kubelet's default for a tag.
      const rules = faultsOf(job).filter((fault) => !fault.endsWith("no pull of an image that is there"));
      expect(rules).toEqual([]);
    }
    const labels = (name: string) => cron(name).spec.jobTemplate.spec.template.metadata.labels;
    expect(labels("b-cron")).toHaveProperty(["sophia.ai/postgres-client"]);
    expect(labels("b-fetch")).toEqual({ "app.kubernetes.io/name": "backup" });
    const { spec } = find("kubernetes:networking.k8s.io/v1:NetworkPolicy", "b-policy");
    expect(spec).toMatchObject({
      podSelector: { matchLabels: { "app.kubernetes.io/name": "backup" } },
      egress: [{ ports: [{ port: 443 }] }],
    });
  });

  test("S1 each step sees the secrets that its script reads, and no others", async () => {
    await registeredWith();
    const { data } = find("kubernetes:core/v1:ConfigMap", "b-scripts") as { data: Record<string, string> };
    const reads = (script: string) =>
      [...(data[script] ?? "").matchAll(/\/run\/secrets\/\w+|\/scripts\/(\w+\.sh)/g)].flatMap(
        ([path, inner]): string[] => (inner && inner !== script ? reads(inner) : inner ? [] : [path]),
      );
    for (const name of ["b-cron", "b-fetch"]) {
      const containers = containersOf(
        podOf({ kind: "Job", spec: cron(name).spec.jobTemplate.spec } as never) ?? {},
      );
      for (const container of containers) {
        const command = (container.command as string[]).join(" ");
        const script = /\/scripts\/(\w+\.sh)/.exec(command)?.[1] ?? "";
        const mounted = (container.volumeMounts as { mountPath: string }[])
          .map(({ mountPath }) => mountPath)
          .filter((path) => path.startsWith("/run/secrets"));
        expect(mounted.sort(), script).toEqual([...new Set(reads(script))].sort());
        expect(command).not.toMatch(/ [pasr]( |$)/);
      }
    }
    const { stringData } = find("kubernetes:core/v1:Secret", "b-secret") as { stringData: Json };
    expect(
      unmarked(stringData).secret || Object.values(stringData).every((one) => unmarked(one).secret),
    ).toBe(true);
  });
});

test("O2 the alert counts the setting's hours; without backups there is neither alert nor metric", () => {
  const rules = backupMonitored({ ...settings, maxAgeHours: 8 }).rules.backup ?? "";
  expect(rules).toContain("> 8 * 3600");
  expect(rules).toContain("in the last 8 hours");
  expect(rules).not.toContain("26");
  expect([backupMonitored(undefined).rules, backupQueries(undefined)]).toEqual([{}, {}]);
});
