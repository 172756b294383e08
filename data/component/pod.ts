import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { contentHash } from "../../components/core/digest.ts";
import { postgresClient } from "../../components/network/names.ts";
import type { LoginName } from "../../components/services/postgres/index.ts";
import { restrictedContainer, restrictedPod } from "../../components/services/restricted.ts";
import { secretsFolder } from "../../components/settings/environment/uses.ts";
import type { Settings } from "../../components/settings/schema.ts";

type PodTemplate = types.input.core.v1.PodTemplateSpec;

/** Jobs of the image, see data/main.ts. */
export type JobName = "migrate" | "publish-tables" | "gong" | "quality";

/** How jobs reach PostgreSQL, and its Secrets in their namespace. */
interface PostgresAccess {
  host: pulumi.Input<string>;
  port: number;
  /** By login. A change replaces pods that read it at their start. */
  passwords: Readonly<Record<LoginName, pulumi.Input<string>>>;
  /** Secrets (key `password`) by login. */
  loginSecrets: Readonly<Record<LoginName, pulumi.Input<string>>>;
  /** Secret whose `ca.crt` signed the server's certificate. */
  caSecret: pulumi.Input<string>;
}

/** What all jobs have in common. */
export interface JobPlace {
  /** Section `pipeline`. */
  settings: Settings["pipeline"];
  /** Image of the jobs, with `data/main.ts`. */
  image: pulumi.Input<string>;
  /** Namespace of the pods and of the Secrets that they mount. */
  namespace: pulumi.Input<string>;
  postgres: PostgresAccess;
}

export interface JobPodArgs extends JobPlace {
  /** What the pod runs. */
  job: JobName;
  /** The one PostgreSQL login that it is given. */
  login: LoginName;
  /** Variables besides those of PostgreSQL. Default: none. */
  environment?: Record<string, pulumi.Input<string>>;
  /** A Secret of the job's own; each variable gets the path of a file with the key of its name. */
  secret?: { name: pulumi.Input<string>; variables: readonly string[] };
  /** Changes the pods when what they mount changed. */
  annotations?: Record<string, pulumi.Input<string>>;
  /** Serves /metrics and /healthz there as long as it runs. */
  port?: number;
  /** `Always`: a pod of a Deployment, which a new password replaces; any other reads it at its next run. */
  restartPolicy: "Never" | "OnFailure" | "Always";
}

/** Labels by which a job's pods are known. */
export const jobLabels = (job: JobName): Record<string, string> => ({
  "app.kubernetes.io/name": `pipeline-${job}`,
  "app.kubernetes.io/part-of": "sophia-pipeline",
});

const loginFolder = "/etc/sophia-postgres";

/** The pod of one job: Pod Security "restricted", with the one login that it needs. Pure. */
export function jobPod(args: JobPodArgs): PodTemplate {
  const { job, login, postgres, secret, port } = args;
  const plain: Record<string, pulumi.Input<string>> = {
    SOPHIA_POSTGRES_HOST: postgres.host,
    SOPHIA_POSTGRES_PORT: String(postgres.port),
    SOPHIA_POSTGRES_USER: login,
    SOPHIA_POSTGRES_PASSWORD_FILE: `${loginFolder}/password`,
    SOPHIA_POSTGRES_CA_FILE: `${loginFolder}/ca.crt`,
    ...args.environment,
    ...(port !== undefined && { PORT: String(port) }),
    ...Object.fromEntries(
      (secret?.variables ?? []).map((variable) => [variable, `${secretsFolder}/${variable}`]),
    ),
  };
  const annotations = {
    ...args.annotations,
    // Read at start only, so a new password replaces the pod. A digest of a random password reveals nothing.
    ...(args.restartPolicy === "Always" && {
      "sophia.ai/login": pulumi.unsecret(
        pulumi.output(postgres.passwords[login]).apply((text) => contentHash(text)),
      ),
    }),
  };
  const probe = { httpGet: { path: "/healthz", port: "metrics" }, periodSeconds: 10, timeoutSeconds: 5 };
  return {
    metadata: {
      labels: { ...jobLabels(job), ...postgresClient },
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      restartPolicy: args.restartPolicy,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // On the database's node.
      nodeSelector: { "sophia.ai/role-data": "true" },
      securityContext: restrictedPod({ volumes: true }),
      containers: [
        {
          name: job,
          image: args.image,
          command: ["node", "main.ts", job],
          env: Object.entries(plain).map(([name, value]) => ({ name, value })),
          resources: args.settings.resources,
          securityContext: restrictedContainer,
          // The last log lines of a failed job are in the pod's status.
          terminationMessagePolicy: "FallbackToLogsOnError",
          ...(port !== undefined && {
            ports: [{ name: "metrics", containerPort: port }],
            startupProbe: { ...probe, periodSeconds: 1, failureThreshold: 90 },
            livenessProbe: probe,
            readinessProbe: probe,
          }),
          volumeMounts: [
            { name: "postgres", mountPath: loginFolder, readOnly: true },
            ...(secret ? [{ name: "secrets", mountPath: secretsFolder, readOnly: true }] : []),
            { name: "tmp", mountPath: "/tmp" },
          ],
        },
      ],
      volumes: [
        {
          name: "postgres",
          projected: {
            defaultMode: 0o440,
            sources: [
              {
                secret: {
                  name: postgres.loginSecrets[login],
                  items: [{ key: "password", path: "password" }],
                },
              },
              // The Secret holds the authority's key, too.
              { secret: { name: postgres.caSecret, items: [{ key: "ca.crt", path: "ca.crt" }] } },
            ],
          },
        },
        ...(secret ? [{ name: "secrets", secret: { secretName: secret.name, defaultMode: 0o440 } }] : []),
        { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      ],
    },
  };
}
