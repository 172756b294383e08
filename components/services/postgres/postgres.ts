import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../../core/base.ts";
import { keepersOf } from "../../core/generation.ts";
import { postgresCluster, postgresPooler } from "../../network/names.ts";
import type { Settings } from "../../settings/schema.ts";
import { HelmService, ownChart } from "../helm.ts";
import { databases, type LoginName, logins } from "./logins.ts";
import type { PostgresOperator } from "./operator.ts";
import { loginSecret, postgresValues } from "./values.ts";

export interface PostgresArgs {
  /** Section `postgres`. Each field says what its change does. */
  settings: Settings["postgres"];
  operator: PostgresOperator;
  namespace: pulumi.Input<string>;
  /** A change concerns new volumes only: existing ones stay where they are. */
  storageClass: string;
}

/**
 * PostgreSQL with the platform's databases and a login for each service. Ready when every database has answered the
 * least of the logins over verified TLS.
 */
export class Postgres extends Component {
  /** The primary. */
  readonly host: pulumi.Output<string>;
  /** For `dependsOn`: it stands for all of the component, which is two dozen resources in every list. */
  readonly release: pulumi.Resource;
  /** Digest of what it runs as. */
  readonly digest: pulumi.Output<string>;
  /** PgBouncer in front of it; the primary itself where the pooler is left out. */
  readonly pooledHost: pulumi.Output<string>;
  readonly port = 5432;
  readonly databases = databases;
  /** Secrets (keys `username`, `password`) by login, in the same namespace. */
  readonly loginSecrets: Record<LoginName, pulumi.Output<string>>;
  /** Passwords by login, for clients in other namespaces. */
  readonly passwords: Record<LoginName, pulumi.Output<string>>;
  /** Secret whose `ca.crt` signed the server's certificate. */
  readonly caSecret: pulumi.Output<string>;
  /** That authority, PEM. */
  readonly ca: pulumi.Output<string>;

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:Postgres", name, opts);
    const secrets = logins.map((login) => {
      const password = new random.RandomPassword(
        this.childName(`password-${login.name}`),
        // Letters and digits only: they need no quoting in any connection string.
        { length: 32, special: false, ...keepersOf(args.settings.passwordGeneration) },
        this.child(),
      );
      const secret = new k8s.core.v1.Secret(
        this.childName(`login-${login.name}`),
        {
          // The label makes the operator set a changed password at once.
          metadata: {
            name: loginSecret(login.name),
            namespace: args.namespace,
            labels: { "cnpg.io/reload": "true" },
          },
          type: "kubernetes.io/basic-auth",
          stringData: { username: login.name, password: password.result },
        },
        this.child(),
      );
      // Resolves only when the operator can set the password, so that no client gets it earlier.
      const published = pulumi.all([password.result, secret.id]).apply(([text]) => text);
      return [login.name, secret.metadata.name, published] as const;
    });
    const service = new HelmService(
      this.childName("service"),
      {
        chart: ownChart("postgres"),
        release: postgresCluster,
        namespace: pulumi
          .all([args.namespace, args.operator.ready, pulumi.all(secrets.map(([, secret]) => secret))])
          .apply(([namespace]) => namespace),
        values: postgresValues(args.settings, args.storageClass),
        endpoint: { service: `${postgresCluster}-rw`, port: this.port },
        timeout: 900,
      },
      // The operator removes what the release leaves: it goes last.
      this.child({ dependsOn: [args.operator] }),
    );
    this.host = service.host;
    this.release = service.release;
    this.digest = service.digest;
    this.pooledHost =
      args.settings.poolerInstances > 0
        ? service.host.apply((host) => host.replace(`${postgresCluster}-rw.`, `${postgresPooler}.`))
        : service.host;
    this.loginSecrets = byLogin(secrets.map(([login, secret]) => [login, secret]));
    this.passwords = byLogin(secrets.map(([login, , password]) => [login, password]));
    this.caSecret = service.host.apply(() => `${postgresCluster}-ca`);
    // The operator makes it, so that it can be read only when the release is ready.
    this.ca = k8s.core.v1.Secret.get(
      this.childName("ca"),
      pulumi.interpolate`${args.namespace}/${this.caSecret}`,
      this.child(),
    ).data.apply((data: Record<string, string> | undefined) =>
      Buffer.from(data?.["ca.crt"] ?? "", "base64").toString(),
    );
    this.registerOutputs({
      ...this.endpoint,
      loginSecrets: this.loginSecrets,
      caSecret: this.caSecret,
    });
  }

  /** Where its databases are, for those who connect. */
  get endpoint() {
    const { host, pooledHost, port, databases } = this;
    return { host, pooledHost, port, databases };
  }
}

const byLogin = (pairs: (readonly [LoginName, pulumi.Output<string>])[]) =>
  Object.fromEntries(pairs) as Record<LoginName, pulumi.Output<string>>;
