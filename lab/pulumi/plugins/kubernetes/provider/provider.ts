import type {
  CheckRequest,
  CreateRequest,
  DeleteRequest,
  DiffRequest,
  InvokeRequest,
  InvokeResult,
  Provider,
  ReadRequest,
  UpdateRequest,
} from "../../kit/provider.ts";
import type { Properties } from "../../kit/values.ts";
import * as release from "../helm/release.ts";
import { check } from "../resource/check.ts";
import { create } from "../resource/create.ts";
import { remove } from "../resource/delete.ts";
import { diff } from "../resource/diff.ts";
import { read, readUnreachable } from "../resource/read.ts";
import { update } from "../resource/update.ts";
import { decodeYaml } from "../yaml/decode.ts";
import { checkConfig, diffConfig, settingsOf } from "./config.ts";
import type { Log } from "./log.ts";
import { openSession, type Session } from "./session.ts";

const isRelease = ({ type }: { type: string }): boolean => type === release.type;

/**
 * The lab's kubernetes provider: objects of any kind in the cluster, Helm releases, and manifests. For the same program
 * it returns the same resources, inputs and outputs as the official provider.
 */
export class KubernetesProvider implements Provider {
  readonly name = "kubernetes";
  readonly autonaming = true;
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

  checkConfig = async ({ news }: CheckRequest) => ({ inputs: news, failures: checkConfig(news) });
  diffConfig = async ({ olds, news }: DiffRequest) => diffConfig(olds, news);

  async configure(config: Properties): Promise<void> {
    this.#session = await openSession(settingsOf(config), this.#log, this.#abort.signal);
  }

  async invoke({ token, args }: InvokeRequest): Promise<InvokeResult> {
    if (token === "kubernetes:yaml:decode") return { result: await decodeYaml(this.#configured, args) };
    throw new Error(`the lab's kubernetes plugin does not support the function ${token}`);
  }

  check(request: CheckRequest) {
    return (isRelease(request) ? release.check : check)(this.#configured, request);
  }

  diff(request: DiffRequest) {
    return (isRelease(request) ? release.diff : diff)(this.#configured, request);
  }

  create(request: CreateRequest) {
    return (isRelease(request) ? release.create : create)(this.#configured, request);
  }

  async read(request: ReadRequest) {
    if (!this.#configured.cluster) return readUnreachable(this.#configured, request);
    return (isRelease(request) ? release.read : read)(this.#configured, request);
  }

  update(request: UpdateRequest) {
    return (isRelease(request) ? release.update : update)(this.#configured, request);
  }

  delete(request: DeleteRequest) {
    return (isRelease(request) ? release.remove : remove)(this.#configured, request);
  }

  cancel(): void {
    this.#abort.abort(new Error("the operation was cancelled"));
  }
}
