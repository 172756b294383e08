import type { Subject } from "../../../../policies/engine/rule.ts";
import { type Json, unknown } from "../../../../policies/engine/values.ts";
import { kubernetes } from "../fixtures.ts";
import { type Case, database, named, saying } from "./subjects.ts";

const archive = { plugins: [{ name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true }] };
const store = { backup: { barmanObjectStore: { destinationPath: "s3://backups/postgres" } } };

const scheduled = (spec: Json, kind = "ScheduledBackup") => named("postgresql.cnpg.io/v1", kind, spec);
const mine = { cluster: { name: "one" } };
const elsewhere = kubernetes({
  apiVersion: "postgresql.cnpg.io/v1",
  kind: "ScheduledBackup",
  metadata: { name: "one", namespace: "others" },
  spec: mine,
});
/** Clusters with their backups by the clock, and the clusters that have none. */
export const backupCases: Record<string, { objects: Subject[]; refused: string[] }> = {
  "an archive alone": { objects: [database(archive)], refused: ["one"] },
  "a bucket alone": { objects: [database(store)], refused: ["one"] },
  "snapshots by nobody": { objects: [database({ backup: { volumeSnapshot: {} } })], refused: ["one"] },
  "an archive and its base": { objects: [scheduled(mine), database(archive)], refused: [] },
  "the base of another cluster": {
    objects: [database(archive), scheduled({ cluster: { name: "two" } })],
    refused: ["one"],
  },
  "one in another namespace": { objects: [database(archive), elsewhere], refused: ["one"] },
  "one that is off": {
    objects: [database(archive), scheduled({ ...mine, suspend: true })],
    refused: ["one"],
  },
  "one that is on": { objects: [database(archive), scheduled({ ...mine, suspend: false })], refused: [] },
  "an object of another kind": { objects: [database(archive), scheduled(mine, "Backup")], refused: ["one"] },
  "a name that is not known yet": {
    objects: [database(archive), scheduled({ cluster: { name: unknown } })],
    refused: [],
  },
  "a cluster that is not known yet": {
    objects: [database(archive), scheduled({ cluster: unknown })],
    refused: [],
  },
  "no archive": { objects: [database({ instances: 1 })], refused: [] },
  "no cluster": { objects: [named("test/v1", "Cluster", archive)], refused: [] },
};

export const postgresCases: Record<string, Case> = {
  "postgres-no-superuser": {
    violating: { "let in": database({ enableSuperuserAccess: true }) },
    clean: {
      "kept out": database({ enableSuperuserAccess: false }),
      "by default": database({}),
      "not known yet": database({ enableSuperuserAccess: unknown }),
      "another kind of the operator's": named("postgresql.cnpg.io/v1", "Pooler", {
        enableSuperuserAccess: true,
      }),
    },
  },
  "postgres-survives": {
    context: { stack: "prod" },
    violating: {
      "a single server": saying("spec.instances: is 1", database({ instances: 1, ...archive })),
      "no number of servers": saying("spec.instances: is not set", database(archive)),
      "no backup": saying("spec.plugins:", database({ instances: 3 })),
      "a plugin that archives nothing": database({ instances: 2, plugins: [{ name: "one" }] }),
      "a plugin that is off": database({
        instances: 2,
        plugins: [{ name: "one", isWALArchiver: true, enabled: false }],
      }),
      "a backup without a place": database({ instances: 2, backup: { retentionPolicy: "30d" } }),
      "a bucket without a name": database({ instances: 3, backup: { barmanObjectStore: {} } }),
    },
    clean: {
      "a standby and a backup": database({ instances: 2, ...archive }),
      "a second plugin": database({ instances: 2, plugins: [{ name: "one" }, ...archive.plugins] }),
      "a bucket": database({ instances: 3, ...store }),
      "a bucket that is not known yet": database({ instances: 3, backup: { barmanObjectStore: unknown } }),
      snapshots: database({ instances: 3, backup: { volumeSnapshot: {}, retentionPolicy: "30d" } }),
      "instances that are not known yet": database({ instances: unknown, ...archive }),
      "plugins that are not known yet": database({ instances: 2, plugins: unknown }),
      "a backup that is not known yet": database({ instances: 2, backup: unknown }),
      "a pooler": named("postgresql.cnpg.io/v1", "Pooler", { instances: 1 }),
      "another stack": { subject: database({ instances: 1 }), context: { stack: "dev" } },
    },
  },
};
