import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../../core/base.ts";
import { keepersOf, turns } from "../../core/generation.ts";
import { postgresCluster, postgresPooler } from "../../network/names.ts";
import type { Settings } from "../../settings/schema.ts";
import { SelfSignedCertificate } from "../certificate.ts";
import { HelmService, ownChart } from "../helm.ts";
import { databases, type LoginName, logins, type TurnLogin, turnLogins } from "./logins.ts";
import type { PostgresOperator } from "./operator.ts";
import { loginSecret, postgresValues, serverNames, serverSecret } from "./values.ts";

export interface PostgresArgs {
  /** Section `postgres`. Each field says what its change does. */
  settings: Settings["postgres"];
  /** Runs before PostgreSQL is created, and until it is deleted. */
  operator: PostgresOperator;
  /** Namespace of the release, which must exist. A change is a new release. Its databases are empty. */
  namespace: pulumi.Input<string>;
  /** Queries of the exporter beside its own, as CloudNativePG reads them, by name. Default: none. A change restarts nothing. */
  metrics?: Readonly<Record<string, object>>;
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
  /** Logins that take turns, as they are in this generation of the passwords. */
  readonly turns: Record<TurnLogin, { user: LoginName; password: pulumi.Output<string> }>;
  /** Secret with the server's key, and in `ca.crt` what clients trust it by. */
  readonly caSecret: pulumi.Output<string>;
  /** That certificate, PEM. A new one, ten years later or for other names, is a change of every client. */
  readonly ca: pulumi.Output<string>;

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:Postgres", name, opts);
    const { passwordGeneration } = args.settings;
    const secrets = logins.map((login) => {
      const password = new random.RandomPassword(
        this.childName(`password-${login.name}`),
        // Letters and digits only: they need no quoting in any connection string.
        { length: 32, special: false, ...keepersFor(login.name, passwordGeneration) },
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
    const tls = this.#certificate(args.namespace);
    const secretNames = [...secrets.map(([, secret]) => secret), tls.secret.metadata.name];
    const service = new HelmService(
      this.childName("service"),
      {
        chart: ownChart("postgres"),
        release: postgresCluster,
        namespace: pulumi
          .all([args.namespace, args.operator.ready, pulumi.all(secretNames)])
          .apply(([namespace]) => namespace),
        values: postgresValues(args.settings, args.storageClass, args.metrics),
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
    this.turns = byTurn((login) => {
      const user = turns(passwordGeneration).current === 0 ? login : turnLogins[login];
      return { user, password: this.passwords[user] };
    });
    this.caSecret = pulumi.all([tls.secret.metadata.name, service.host]).apply(([name]) => name);
    this.ca = tls.certificate;
    this.registerOutputs({
      ...this.endpoint,
      loginSecrets: this.loginSecrets,
      caSecret: this.caSecret,
    });
  }

  /**
   * The operator would make one, but to read it takes the cluster's API in every preview, which a runner that only plans
   * does not reach.
   */
  #certificate(namespace: pulumi.Input<string>) {
    const { certificate, key } = new SelfSignedCertificate(
      this.childName("certificate"),
      { names: pulumi.output(namespace).apply(serverNames) },
      this.child(),
    );
    const secret = new k8s.core.v1.Secret(
      this.childName("tls"),
      {
        // The label makes the servers read a new one at once.
        metadata: { name: serverSecret, namespace, labels: { "cnpg.io/reload": "true" } },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": pulumi.secret(key), "ca.crt": certificate },
      },
      this.child(),
    );
    return { certificate, secret };
  }

  /** Where its databases are, for those who connect. */
  get endpoint() {
    const { host, pooledHost, port, databases } = this;
    return { host, pooledHost, port, databases };
  }
}

/** Which generation the password of a login is from: of two that take turns, the one out of use keeps its own. */
function keepersFor(login: LoginName, generation: number | undefined) {
  const [odd, even] = turns(generation).options;
  if (login in turnLogins) return odd;
  return Object.values<LoginName>(turnLogins).includes(login) ? even : keepersOf(generation);
}

const byTurn = <Value>(of: (login: TurnLogin) => Value) =>
  Object.fromEntries((Object.keys(turnLogins) as TurnLogin[]).map((login) => [login, of(login)])) as Record<
    TurnLogin,
    Value
  >;

const byLogin = (pairs: (readonly [LoginName, pulumi.Output<string>])[]) =>
  Object.fromEntries(pairs) as Record<LoginName, pulumi.Output<string>>;
