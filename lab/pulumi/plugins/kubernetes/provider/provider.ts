import * as release from "../helm/release.ts";
import { check } from "../resource/check.ts";
import { create } from "../resource/create.ts";
import { remove } from "../resource/delete.ts";
import { diff } from "../resource/diff.ts";
import { read, readUnreachable } from "../resource/read.ts";
import { update } from "../resource/update.ts";
import type { Log } from "../rpc/log.ts";
import type {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  Provider,
  ReadRequest,
  UpdateRequest,
} from "../rpc/provider.ts";
import { parseUrn } from "../rpc/urn.ts";
import type { Properties } from "../rpc/values.ts";
import { decodeYaml } from "../yaml/decode.ts";
import { checkConfig, diffConfig, settingsOf } from "./config.ts";
import { openSession, type Session } from "./session.ts";

const isRelease = (urn: string): boolean => parseUrn(urn).type === release.type;

/**
 * The lab's kubernetes provider: any kind the cluster knows, Helm releases, and manifests. For the same program it
 * gives the same resources, inputs and outputs as the official one.
 */
export class KubernetesProvider implements Provider {
  readonly version: string;
  readonly #log: Log;
  readonly #abort = new AbortController();
  #session: Session | undefined;

  constructor(version: string, log: Log) {
    this.version = version;
    this.#log = log;
  }

  get #configured(): Session {
    if (!this.#session) throw new Error("the kubernetes plugin was called before it was configured");
    return this.#session;
  }

  checkConfig = async ({ news }: CheckRequest) => checkConfig(news);
  diffConfig = async ({ olds, news }: DiffRequest) => diffConfig(olds, news);

  async configure(variables: Map<string, string>): Promise<void> {
    this.#session = await openSession(settingsOf(variables), this.#log, this.#abort.signal);
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    if (token === "kubernetes:yaml:decode") return decodeYaml(this.#configured, args);
    throw new Error(`the lab's kubernetes plugin does not support the function ${token}`);
  }

  check(request: CheckRequest) {
    return (isRelease(request.urn) ? release.check : check)(this.#configured, request);
  }

  diff(request: DiffRequest) {
    return (isRelease(request.urn) ? release.diff : diff)(this.#configured, request);
  }

  create(request: CreateRequest) {
    return (isRelease(request.urn) ? release.create : create)(this.#configured, request);
  }

  async read(request: ReadRequest) {
    if (!this.#configured.cluster) return readUnreachable(this.#configured, request);
    return (isRelease(request.urn) ? release.read : read)(this.#configured, request);
  }

  update(request: UpdateRequest) {
    return (isRelease(request.urn) ? release.update : update)(this.#configured, request);
  }

  delete(request: DeleteRequest) {
    return (isRelease(request.urn) ? release.remove : remove)(this.#configured, request);
  }

  cancel(): void {
    this.#abort.abort(new Error("the operation was cancelled"));
  }
}
