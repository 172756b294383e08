import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Component } from "../core/base.ts";
import { digest } from "../core/digest.ts";
import { keepersOf } from "../core/generation.ts";
import type { Settings } from "../settings/schema.ts";
import { HelmService, ownChart } from "./helm.ts";
import { bytesOf, mebibytes } from "./quantity.ts";

const MiB = 2 ** 20;

/** Values of `charts/redis`. */
export function redisValues(
  settings: Settings["redis"],
  further: {
    storageClass: string;
    secret: pulumi.Input<string>;
    passwordHash: pulumi.Input<string>;
    tlsSecret?: pulumi.Input<string> | undefined;
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
    secret: further.secret,
    passwordHash: further.passwordHash,
    tls: { secret: further.tlsSecret ?? "" },
    nodeSelector: { "sophia.ai/role-data": "true" },
  };
}

export interface RedisArgs {
  /** Section `redis`. */
  settings: Settings["redis"];
  /** Namespace of the release, which must exist. A change is a new release. The existing volume stays in the old one. */
  namespace: pulumi.Input<string>;
  /** A change is refused by Kubernetes as long as the StatefulSet exists. */
  storageClass: string;
  /** Serve TLS only, with this certificate (PEM). Default: no TLS. A change restarts Redis. */
  tls?: { certificate: pulumi.Input<string>; key: pulumi.Input<string>; ca: pulumi.Input<string> };
}

/** Redis with a password, RDB and AOF, on a volume. When the memory is full it evicts the least recently used keys. */
export class Redis extends Component {
  readonly host: pulumi.Output<string>;
  readonly port = 6379;
  /** Secret with the key `password`, in the same namespace. */
  readonly secretName: pulumi.Output<string>;
  /** For clients in other namespaces. */
  readonly password: pulumi.Output<string>;
  /** Digest of chart and values. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:Redis", name, opts);
    const password = new random.RandomPassword(
      this.childName("password"),
      { length: 32, special: false, ...keepersOf(args.settings.passwordGeneration) },
      this.child(),
    );
    const secret = new k8s.core.v1.Secret(
      this.childName("auth"),
      {
        metadata: { name: "redis-auth", namespace: args.namespace },
        stringData: { password: password.result },
      },
      this.child(),
    );
    const tls =
      args.tls &&
      new k8s.core.v1.Secret(
        this.childName("tls"),
        {
          metadata: { name: "redis-tls", namespace: args.namespace },
          type: "kubernetes.io/tls",
          stringData: {
            "tls.crt": args.tls.certificate,
            "tls.key": pulumi.secret(args.tls.key),
            "ca.crt": args.tls.ca,
          },
        },
        this.child(),
      );
    // The digest of 32 random characters does not reveal them.
    const passwordHash = pulumi.unsecret(password.result.apply(digest));
    const service = new HelmService(
      this.childName("service"),
      {
        chart: ownChart("redis"),
        release: "redis",
        namespace: args.namespace,
        values: redisValues(args.settings, {
          storageClass: args.storageClass,
          secret: secret.metadata.name,
          passwordHash,
          tlsSecret: tls?.metadata.name,
        }),
        endpoint: { service: "redis", port: this.port },
      },
      this.child(),
    );
    this.host = service.host;
    this.digest = service.digest;
    this.secretName = secret.metadata.name;
    this.password = password.result;
    this.registerOutputs({ ...this.endpoint, secretName: this.secretName });
  }

  /** Where it is, for those who connect. */
  get endpoint() {
    const { host, port } = this;
    return { host, port };
  }
}
