import { postgresClient, postgresCluster, postgresPooler } from "../../network/names.ts";
import type { Settings } from "../../settings/schema.ts";
import { bytesOf, coresOf } from "../../settings/sections/quantities.ts";
import { allRoles, databases, hostRules, ownerOf } from "./logins.ts";
import { tune } from "./tuning.ts";

/** Secret with the name and password of a login. Kubernetes takes no underscores. */
export const loginSecret = (login: string): string => `postgres-login-${login.replaceAll("_", "-")}`;

/** Secret with the certificate of the servers and of PgBouncer, which shows clients the servers'. */
export const serverSecret = `${postgresCluster}-tls`;

/** Every name under which a client may reach a server or PgBouncer; the first is the one by which servers know each other. */
export const serverNames = (namespace: string): string[] =>
  [...["rw", "r", "ro"].map((suffix) => `${postgresCluster}-${suffix}`), postgresPooler].flatMap((service) =>
    ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`].map(
      (domain) => service + domain,
    ),
  );

/** Values of `charts/postgres`. Passwords are not among them: the chart names their Secrets. */
export function postgresValues(
  settings: Settings["postgres"],
  storageClass: string,
  metrics: Readonly<Record<string, object>> = {},
) {
  const { resources, storage, instances, poolerInstances, poolerImage } = settings;
  const parameters = tune({
    memory: bytesOf(resources.limits.memory),
    cores: coresOf(resources.limits.cpu),
    storage: bytesOf(storage),
  });
  const [first] = databases;
  return {
    name: postgresCluster,
    image: settings.image,
    serverSecret,
    instances,
    storage: { size: storage, class: storageClass },
    resources,
    parameters,
    hostRules: hostRules(),
    roles: allRoles.map(({ name, purpose, memberOf, replication = false, connections, group = false }) => ({
      name,
      purpose,
      memberOf: [...memberOf],
      replication,
      ...(connections !== undefined && { connections }),
      ...(!group && { secret: loginSecret(name) }),
    })),
    databases: databases.map((name) => ({ name, owner: ownerOf(name) })),
    bootstrap: { database: first, owner: ownerOf(first) },
    nodeSelector: { "sophia.ai/role-data": "true" },
    pooler: { name: postgresPooler, instances: poolerInstances, image: poolerImage },
    backup: { enabled: false },
    metrics,
    verify: { login: "probe", labels: postgresClient },
  };
}
