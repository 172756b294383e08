import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { backupQueries } from "../../components/backup/monitored.ts";
import { databases } from "../../components/services/postgres/index.ts";
import { postgresValues, serverNames, serverSecret } from "../../components/services/postgres/values.ts";
import { backupSettings } from "../../components/settings/sections/backup.ts";
import { postgresSettings } from "../../components/settings/sections/services.ts";
import { only, render } from "./render.ts";
import { containersOf, faultsOf, podOf } from "./rules.ts";

const valuesOf = (settings: object = {}) => postgresValues(postgresSettings.parse(settings), "local-path");

describe("charts/postgres", () => {
  const objects = render("postgres", "data", valuesOf());

  test("S4 passes the rules", () => {
    expect(objects.flatMap(faultsOf)).toEqual([]);
  });

  test("D1 makes the four databases, each with its owner, and keeps them when they are no longer named", () => {
    const made = objects.filter(({ kind }) => kind === "Database").map(({ spec }) => spec);
    expect(made.map((spec) => spec?.name)).toEqual([...databases]);
    for (const spec of made) expect(spec).toMatchObject({ databaseReclaimPolicy: "retain" });
  });

  test("D1 no superuser, and every login has its own Secret", () => {
    const { spec } = only(objects, "Cluster");
    expect(spec).toMatchObject({ enableSuperuserAccess: false });
    const { roles } = (spec as { managed: { roles: Record<string, unknown>[] } }).managed;
    const who = roles.filter(({ login }) => login === true);
    const secrets = who.map((role) => (role.passwordSecret as { name: string }).name);
    expect(new Set(secrets).size).toBe(who.length);
    for (const name of secrets) expect(name).toMatch(/^[a-z0-9-]+$/);
    for (const role of roles) expect(role.superuser ?? role.createdb ?? role.createrole).toBeUndefined();
  });

  test("S1 a role that holds rights for others has no password, and nobody logs in with it", () => {
    const { roles } = (only(objects, "Cluster").spec as { managed: { roles: Record<string, unknown>[] } })
      .managed;
    const groups = roles.filter(({ login }) => login !== true);
    expect(groups).toEqual([
      expect.objectContaining({ name: "mcp", ensure: "present", login: false, disablePassword: true }),
    ]);
    for (const group of groups) expect(group).not.toHaveProperty("passwordSecret");
    const members = roles.filter(({ inRoles }) => (inRoles as string[] | undefined)?.includes("mcp"));
    const pairs = ["mcp_data", "mcp_business", "mcp_postgres"].flatMap((name) => [name, `${name}_even`]);
    expect(members.map(({ name }) => name)).toEqual(pairs);
  });

  test("D1 only the change data capture may follow the write-ahead log", () => {
    const { roles } = (only(objects, "Cluster").spec as { managed: { roles: Record<string, unknown>[] } })
      .managed;
    expect(roles.filter(({ replication }) => replication).map(({ name }) => name)).toEqual(["flow_capture"]);
  });

  test("D1 all parameters are text, as the operator wants them", () => {
    const { parameters } = (only(objects, "Cluster").spec as { postgresql: { parameters: object } })
      .postgresql;
    for (const value of Object.values(parameters)) expect(value).toBeTypeOf("string");
    expect(parameters).toMatchObject({ log_lock_waits: "on", wal_level: "logical" });
  });

  test("D1 the server's buffers and workers follow from what it gets at most, not from what it asks for", () => {
    const resources = { requests: { cpu: "250m", memory: "1Gi" }, limits: { cpu: "4", memory: "4Gi" } };
    const { spec } = only(render("postgres", "data", valuesOf({ resources })), "Cluster");
    expect(spec).toMatchObject({
      resources,
      postgresql: { parameters: { shared_buffers: "1024MB", max_parallel_workers: "4" } },
    });
  });

  test("D1 the pooler is left out at 0 and shows a certificate for its own name", () => {
    expect(
      render("postgres", "data", valuesOf({ poolerInstances: 0 })).map(({ kind }) => kind),
    ).not.toContain("Pooler");
    const pooler = only(objects, "Pooler");
    expect(serverNames("data")).toContain(`${pooler.metadata.name}.data.svc.cluster.local`);
  });

  test("C1 S1 the servers show the program's certificate, which is the one that all trust", () => {
    expect(only(objects, "Cluster").spec?.certificates).toEqual({
      serverCASecret: serverSecret,
      serverTLSSecret: serverSecret,
    });
    expect(JSON.stringify(podOf(only(objects, "Job", "postgres-verify")))).toContain(
      `"secretName":"${serverSecret}"`,
    );
    expect(serverNames("data").slice(0, 4)).toEqual([
      "postgres-rw",
      "postgres-rw.data",
      "postgres-rw.data.svc",
      "postgres-rw.data.svc.cluster.local",
    ]);
    expect(() => render("postgres", "data", { ...valuesOf(), serverSecret: "" })).toThrow(
      /serverSecret is required/,
    );
  });

  test("K4 a single server can be drained, several are protected", () => {
    const budget = (instances: number) =>
      only(render("postgres", "data", valuesOf({ instances })), "Cluster").spec?.enablePDB;
    expect([budget(1), budget(3)]).toEqual([false, true]);
  });

  test("D4 backups come with their plugin", () => {
    const backup = { enabled: true, schedule: "0 0 3 * * *", plugin: "barman-cloud.cloudnative-pg.io" };
    const backed = render("postgres", "data", { ...valuesOf(), backup });
    expect(only(backed, "ScheduledBackup").spec).toMatchObject({
      method: "plugin",
      cluster: { name: "postgres" },
    });
    expect(JSON.stringify(only(backed, "Cluster").spec?.plugins)).toContain("barman-cloud");
    expect(() => render("postgres", "data", { ...valuesOf(), backup: { ...backup, plugin: "" } })).toThrow(
      /backup.plugin is required/,
    );
  });

  test("D4 O1 queries of the program are the exporter's, and a change reaches it at once", () => {
    const metrics = backupQueries(
      backupSettings.parse({ repository: "s3:https://s3.example.com/backups/prod" }),
    );
    const watched = render("postgres", "data", { ...valuesOf(), metrics });
    const map = only(watched, "ConfigMap", "postgres-metrics");
    expect(map.metadata.labels).toMatchObject({ "cnpg.io/reload": "true" });
    expect(parse(map.data?.queries ?? "")).toEqual(metrics);
    expect(only(watched, "Cluster").spec?.monitoring).toEqual({
      customQueriesConfigMap: [{ name: "postgres-metrics", key: "queries" }],
    });
    expect(only(objects, "Cluster").spec?.monitoring).toBeUndefined();
  });

  test("D1 a larger size is left to new volumes: local-path grows none, and the operator would stop there", () => {
    expect(only(render("postgres", "data", valuesOf({ storage: "500Gi" })), "Cluster").spec?.storage).toEqual(
      { size: "500Gi", storageClass: "local-path", resizeInUseVolumes: false },
    );
  });

  test("W3 an upgrade begins with a pod of its image, so that no server ends for one that cannot be pulled", () => {
    const job = only(objects, "Job", "postgres-image");
    expect(job.metadata.annotations).toMatchObject({ "helm.sh/hook": "pre-upgrade" });
    const [container] = containersOf(podOf(job) ?? {});
    expect(container?.image).toBe(only(objects, "Cluster").spec?.imageName);
    // Both Jobs and what is between them are over before Helm gives up, or Pulumi would not see why.
    const spent = [job, only(objects, "Job", "postgres-verify")].map(({ spec }) =>
      Number(spec?.activeDeadlineSeconds),
    );
    expect((spent[0] ?? NaN) + (spent[1] ?? NaN)).toBeLessThan(900);
  });

  test("S4 connections without TLS are proven refused by the server's own words, not by any failure", () => {
    const folder = mkdtempSync(join(tmpdir(), "verify-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "username"), "probe");
    writeFileSync(join(folder, "password"), "x");
    const [container] = containersOf(podOf(only(objects, "Job", "postgres-verify")) ?? {});
    const [text = ""] = (container?.args ?? []) as string[];
    const script = text.replaceAll("/run/secrets/login", folder);
    /** Runs it with a psql whose plain connections end with one line after the other. */
    const verify = (...plain: string[]) => {
      writeFileSync(join(folder, "plain"), plain.map((line) => `${line}\n`).join(""));
      const psql = `#!/bin/sh
case "$*" in *sslmode=disable*) ;; *) echo t; exit ;; esac
line="$(head -n 1 '${folder}/plain')"; sed -i 1d '${folder}/plain'; echo "$line"
[ "$line" = t ]\n`;
      writeFileSync(join(folder, "psql"), psql, { mode: 0o755 });
      return spawnSync("sh", ["-c", script], {
        env: { PATH: `${folder}:${process.env.PATH}` },
        encoding: "utf8",
        timeout: 60_000,
      });
    };
    const rejected =
      'FATAL:  pg_hba.conf rejects connection for host "10.42.0.9", user "probe", no encryption';
    expect(verify(rejected)).toMatchObject({ status: 0, stderr: "" });
    const later = verify("could not translate host name", rejected);
    expect(later).toMatchObject({ status: 0 });
    expect(later.stdout).toContain(
      "waiting for sophia_staging at postgres-rw to refuse a connection without",
    );
    expect(verify("t")).toMatchObject({ status: 1, stderr: expect.stringContaining("accepts connections") });
  });

  test("the release waits for a proof with the least login, which sees the certificate but not its key", () => {
    const job = only(objects, "Job", "postgres-verify");
    expect(job.metadata.annotations).toMatchObject({ "helm.sh/hook": "post-install,post-upgrade" });
    const pod = JSON.stringify(podOf(job));
    expect(pod).toContain("postgres-login-probe");
    expect(pod).toContain('"items":[{"key":"ca.crt","path":"ca.crt"}]');
    for (const database of databases) expect(pod).toContain(`awaited postgres-rw ${database} `);
    expect(pod).toContain("pg_size_bytes('2048MB')");
  });
});
