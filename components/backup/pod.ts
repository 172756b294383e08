import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { postgresClient, redisClient } from "../network/names.ts";
import { restrictedContainer, restrictedPod } from "../services/restricted.ts";
import type { Settings } from "../settings/schema.ts";
import { recordedIn } from "./monitored.ts";

type PodTemplate = types.input.core.v1.PodTemplateSpec;
type Container = types.input.core.v1.Container;
interface Containers {
  initContainers?: Container[];
  containers: Container[];
}
type Volume = types.input.core.v1.Volume;

/** Where a data store answers, and the image with its own programs. */
interface Store {
  host: pulumi.Input<string>;
  port: number;
  image: string;
}

/** What a run works with. */
export interface BackupRun {
  /** Section `backup`. */
  settings: NonNullable<Settings["backup"]>;
  /** Name of the stack, under which its backups are kept. */
  stack: string;
  postgres: Store & {
    databases: readonly string[];
    /** Secrets (key `password`) by login. */
    loginSecrets: Readonly<Record<"backup" | typeof recordedIn.owner, pulumi.Input<string>>>;
    /** Secret whose `ca.crt` signed the server's certificate. */
    caSecret: pulumi.Input<string>;
  };
  redis: Store & {
    /** Secret whose `ca.crt` clients trust its certificate by. */
    caSecret: pulumi.Input<string>;
  };
  /** ConfigMap with the scripts and the repository. */
  scripts: pulumi.Input<string>;
  /** Secret with the keys of `secretKeys`. */
  secret: pulumi.Input<string>;
}

/** Keys of the backups' own Secret. */
export const secretKeys = {
  password: "password",
  accessKeyId: "accessKeyId",
  secretAccessKey: "secretAccessKey",
  redis: "redis",
} as const;

/** By which the pods of backups are known. */
export const backupLabels = { "app.kubernetes.io/name": "backup" } as const;

/** Seconds that the repository may take for its first answer. */
const patience = "120";
/** Seconds that a backup stays fetched. */
const held = "14400";

const mount = (name: string, mountPath: string) => ({ name, mountPath, readOnly: true });
const mounts = {
  postgres: mount("postgres", "/run/secrets/postgres"),
  redis: mount("redis", "/run/secrets/redis"),
  restic: mount("backup", "/run/secrets/backup"),
  record: mount("record", "/run/secrets/record"),
};

/** A password beside what its server's certificate is trusted by, whose Secret holds the server's key, too. */
const storeVolume = (
  name: string,
  password: { secret: pulumi.Input<string>; key: string },
  caSecret: pulumi.Input<string>,
): Volume => ({
  name,
  projected: {
    defaultMode: 0o440,
    sources: [
      { secret: { name: password.secret, items: [{ key: password.key, path: "password" }] } },
      { secret: { name: caSecret, items: [{ key: "ca.crt", path: "ca.crt" }] } },
    ],
  },
});

const secretVolume = (
  name: string,
  secretName: pulumi.Input<string>,
  items: Readonly<Record<string, string>>,
): Volume => ({
  name,
  secret: {
    secretName,
    defaultMode: 0o440,
    items: Object.entries(items).map(([key, path]) => ({ key, path })),
  },
});

/** A step of a run: a script of this folder. */
const step = (
  { settings }: BackupRun,
  name: string,
  image: string,
  command: pulumi.Input<string>[],
  ...secrets: ReturnType<typeof mount>[]
) => ({
  name,
  image,
  command: ["sh", ...command],
  resources: settings.resources,
  securityContext: restrictedContainer,
  // The last lines of a step that failed are then in the pod's status, which the update shows.
  terminationMessagePolicy: "FallbackToLogsOnError",
  volumeMounts: [mount("scripts", "/scripts"), { name: "work", mountPath: "/backup" }, ...secrets],
});

const opening = (run: BackupRun) =>
  step(run, "open", run.settings.image, ["/scripts/open.sh", patience], mounts.restic);

/** What the pods of backups have in common: one user, to whom the files of every step belong. */
const podOf = ({ settings, scripts, secret }: BackupRun, containers: Containers, volumes: Volume[]) => ({
  restartPolicy: "Never",
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  // On the data's node.
  nodeSelector: { "sophia.ai/role-data": "true" },
  securityContext: restrictedPod({ volumes: true }),
  ...containers,
  volumes: [
    { name: "scripts", configMap: { name: scripts } },
    { name: "work", emptyDir: { sizeLimit: settings.scratch } },
    secretVolume("backup", secret, {
      [secretKeys.password]: "password",
      [secretKeys.accessKeyId]: "accessKeyId",
      [secretKeys.secretAccessKey]: "secretAccessKey",
    }),
    ...volumes,
  ],
});

/** One backup: each step begins when the one before it has succeeded, and sees the secrets that it needs. Pure. */
export function backupPod(run: BackupRun): PodTemplate {
  const { settings, stack, postgres, redis, secret } = run;
  const { keep, image } = settings;
  const kept = [keep.daily, keep.weekly, keep.monthly].map(String);
  const at = ({ host, port }: Store): pulumi.Input<string>[] => [host, String(port)];
  return {
    metadata: { labels: { ...backupLabels, ...postgresClient, ...redisClient } },
    spec: podOf(
      run,
      {
        initContainers: [
          opening(run),
          step(
            run,
            "postgres",
            postgres.image,
            ["/scripts/postgres.sh", ...at(postgres), ...postgres.databases],
            mounts.postgres,
          ),
          step(run, "redis", redis.image, ["/scripts/redis.sh", ...at(redis)], mounts.redis),
          step(run, "store", image, ["/scripts/store.sh", stack, ...kept], mounts.restic),
        ],
        containers: [
          step(
            run,
            "record",
            postgres.image,
            ["/scripts/record.sh", ...at(postgres), recordedIn.database, recordedIn.owner],
            mounts.postgres,
            mounts.record,
          ),
        ],
      },
      [
        storeVolume("postgres", { secret: postgres.loginSecrets.backup, key: "password" }, postgres.caSecret),
        storeVolume("redis", { secret, key: secretKeys.redis }, redis.caSecret),
        secretVolume("record", postgres.loginSecrets[recordedIn.owner], { password: "password" }),
      ],
    ),
  };
}

/** Only the first step, whose last words an update shows: of a pod's init containers it shows none. Pure. */
export const openPod = (run: BackupRun): PodTemplate => ({
  metadata: { labels: backupLabels },
  spec: podOf(run, { containers: [opening(run)] }, []),
});

/** A backup that is fetched, and held for those who read it back. Pure. */
export function fetchPod(run: BackupRun): PodTemplate {
  const script = `sh /scripts/fetch.sh "$0" && touch /backup/fetched && exec sleep ${held}`;
  return {
    metadata: { labels: backupLabels },
    spec: {
      ...podOf(
        run,
        {
          containers: [
            {
              ...step(run, "fetch", run.settings.image, ["-c", script, run.stack], mounts.restic),
              readinessProbe: { exec: { command: ["test", "-e", "/backup/fetched"] }, periodSeconds: 5 },
            },
          ],
        },
        [],
      ),
      // It only waits.
      terminationGracePeriodSeconds: 1,
    },
  };
}
