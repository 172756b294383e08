import { unknown } from "../../../../policies/engine/values.ts";
import { type Case, database, named, saying } from "./subjects.ts";

const archive = { plugins: [{ name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true }] };

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
    },
    clean: {
      "a standby and a backup": database({ instances: 2, ...archive }),
      "a second plugin": database({ instances: 2, plugins: [{ name: "one" }, ...archive.plugins] }),
      "a bucket": database({ instances: 3, backup: { barmanObjectStore: {} } }),
      snapshots: database({ instances: 3, backup: { volumeSnapshot: {}, retentionPolicy: "30d" } }),
      "instances that are not known yet": database({ instances: unknown, ...archive }),
      "plugins that are not known yet": database({ instances: 2, plugins: unknown }),
      "a backup that is not known yet": database({ instances: 2, backup: unknown }),
      "a pooler": named("postgresql.cnpg.io/v1", "Pooler", { instances: 1 }),
      "another stack": { subject: database({ instances: 1 }), context: { stack: "dev" } },
    },
  },
};
