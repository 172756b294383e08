import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../../core/base.ts";
import { contentHash } from "../../core/digest.ts";
import { keepersOf, turns } from "../../core/generation.ts";
import type { Settings } from "../../settings/schema.ts";
import { bytesOf, mebibytes } from "../../settings/sections/quantities.ts";
import { HelmService, ownChart } from "../helm.ts";
import { CertificateSuccession } from "./certificate.ts";
import { aclFile, type RedisLoginName, type RedisPasswords } from "./logins.ts";

const MiB = 2 ** 20;
/** What the names of its Secrets begin with, here and in the chart; a digest of their content follows. */
const loginsName = "redis-logins-";
const tlsName = "redis-tls-";
/** Logins of clients in other pods, which have the password of before until they have rolled. */
const clientLogins = { gateway: "default", mcp: "mcp" } as const satisfies Record<string, RedisLoginName>;
type ClientLogin = (typeof clientLogins)[keyof typeof clientLogins];

/** Passwords by login, in use and, of clients, from the generation before. */
interface Passwords {
  current: Record<RedisLoginName, pulumi.Output<string>>;
  previous: Record<ClientLogin, pulumi.Output<string>>;
}

/** Values of `charts/redis`. */
export function redisValues(
  settings: Settings["redis"],
  further: {
    storageClass: string;
    loginsHash: pulumi.Input<string>;
    tlsHash: pulumi.Input<string>;
  },
) {
  const maxmemory = bytesOf(settings.memory);
  return {
    image: settings.image,
    replicas: 1,
    maxmemory: String(maxmemory),
    resources: {
      cpu: "1",
      // While a snapshot of a full cache is written, every page may change, and is then there twice; the rest is for buffers.
      memory: mebibytes(maxmemory * 2 + 64 * MiB),
    },
    storage: { size: settings.storage, class: further.storageClass },
    loginsHash: further.loginsHash,
    tlsHash: further.tlsHash,
    nodeSelector: { "sophia.ai/role-data": "true" },
  };
}

/** Every name under which a client may reach it: its Service's, and that of its own pod. Pure. */
const serverNames = (namespace: string): string[] => [
  ...[`.${namespace}.svc.cluster.local`, `.${namespace}.svc`, `.${namespace}`, ""].map(
    (domain) => `redis${domain}`,
  ),
  "localhost",
];

export interface RedisArgs {
  /** Section `redis`. */
  settings: Settings["redis"];
  /** Namespace of the release, which must exist. A change is a new release. The existing volume stays in the old one. */
  namespace: pulumi.Input<string>;
  /** A change is refused by Kubernetes as long as the StatefulSet exists. */
  storageClass: string;
  /** Whether the login `mcp` may set and delete keys. Default: it only reads. A change restarts Redis. */
  mcpWrites?: boolean;
}

/**
 * Redis with a login for each client, RDB and AOF, on a volume, over TLS only. When the memory is full it evicts the least
 * recently used keys.
 */
export class Redis extends Component {
  readonly host: pulumi.Output<string>;
  readonly port = 6379;
  /** Passwords of clients in other pods; known once Redis accepts them, so that no client has one too early. */
  readonly passwords: Record<"gateway" | "mcp" | "backup", pulumi.Output<string>>;
  /** What clients trust its certificate by, PEM; known once Redis has that certificate. */
  readonly ca: pulumi.Output<string>;
  /** Secret that holds it in `ca.crt`, beside Redis's own key. */
  readonly caSecret: pulumi.Output<string>;
  /** Digest of chart and values. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:Redis", name, opts);
    const passwords = this.#passwords(args.settings.passwordGeneration);
    const logins = this.#logins(passwords, args);
    const tls = this.#tls(args);
    const service = new HelmService(
      this.childName("service"),
      {
        chart: ownChart("redis"),
        release: "redis",
        namespace: args.namespace,
        values: redisValues(args.settings, {
          storageClass: args.storageClass,
          // By way of their names: the release waits for the Secrets.
          loginsHash: logins.metadata.name.apply((text) => text.slice(loginsName.length)),
          tlsHash: tls.secret.metadata.name.apply((text) => text.slice(tlsName.length)),
        }),
        endpoint: { service: "redis", port: this.port },
      },
      this.child(),
    );
    this.host = service.host;
    this.digest = service.digest;
    const running = (value: pulumi.Output<string>) =>
      pulumi.all([value, service.release.id]).apply(([known]) => known);
    const accepted = (login: ClientLogin | "backup") => running(passwords.current[login]);
    this.ca = running(tls.trusted);
    this.caSecret = running(tls.secret.metadata.name);
    this.passwords = {
      gateway: accepted(clientLogins.gateway),
      mcp: accepted(clientLogins.mcp),
      backup: accepted("backup"),
    };
    this.registerOutputs(this.endpoint);
  }

  /** Those of a client take turns: Redis learns a new one first, and still takes the one that the client has. */
  #passwords(generation: number | undefined): Passwords {
    const made = (name: string, options: ReturnType<typeof keepersOf>) =>
      pulumi.secret(
        new random.RandomPassword(
          this.childName(`password-${name}`),
          { length: 32, special: false, ...options },
          this.child(),
        ).result,
      );
    const { current, options } = turns(generation);
    const ofClient = (login: ClientLogin) => {
      const both = [made(login, options[0]), made(`${login}-even`, options[1])] as const;
      return { current: both[current], previous: both[current === 0 ? 1 : 0] };
    };
    const clients = { default: ofClient("default"), mcp: ofClient("mcp") };
    const ofPod = (login: Exclude<RedisLoginName, ClientLogin>) => made(login, keepersOf(generation));
    return {
      current: {
        default: clients.default.current,
        mcp: clients.mcp.current,
        admin: ofPod("admin"),
        replica: ofPod("replica"),
        // A run reads it at its start, and the next one has the new one: it takes no turns.
        backup: ofPod("backup"),
        probe: ofPod("probe"),
      },
      previous: { default: clients.default.previous, mcp: clients.mcp.previous },
    };
  }

  /**
   * The Secret with Redis's certificate. Like that of the logins it has another name for another content: Redis reads its
   * certificate when it starts.
   */
  #tls({ namespace }: RedisArgs) {
    const { certificate, key, trusted } = new CertificateSuccession(
      this.childName("certificate"),
      { names: pulumi.output(namespace).apply(serverNames) },
      this.child(),
    );
    const secret = new k8s.core.v1.Secret(
      this.childName("tls"),
      {
        metadata: {
          name: pulumi.all([certificate, trusted]).apply((parts) => tlsName + contentHash(...parts)),
          namespace,
        },
        immutable: true,
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": pulumi.secret(key), "ca.crt": trusted },
      },
      this.child(),
    );
    return { secret, trusted };
  }

  /**
   * The Secret that Redis's pod mounts: the ACL, and the passwords that are used inside the pod. Another content has another
   * name: the pod restarts, and a release that is rolled back finds the logins that its clients know.
   */
  #logins({ current, previous }: Passwords, args: RedisArgs): k8s.core.v1.Secret {
    const acl = pulumi
      .all([pulumi.all(current), pulumi.all(previous)])
      .apply(([inUse, before]) =>
        aclFile(inUse as RedisPasswords, args.mcpWrites ?? false, before as Partial<RedisPasswords>),
      );
    const { admin, replica, probe } = current;
    return new k8s.core.v1.Secret(
      this.childName("logins"),
      {
        metadata: {
          // The digest of digests of random passwords does not reveal them.
          name: pulumi.unsecret(acl.apply((text) => loginsName + contentHash(text))),
          namespace: args.namespace,
        },
        immutable: true,
        stringData: { "users.acl": pulumi.secret(acl), admin, replica, probe },
      },
      this.child(),
    );
  }

  /** Where it is, for those who connect. */
  get endpoint() {
    const { host, port } = this;
    return { host, port };
  }
}
