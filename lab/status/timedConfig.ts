import type { RequestOptions } from "node:https";
import { KubeConfig, type RequestContext } from "@kubernetes/client-node";

/** Kubernetes's client has no deadline: what is asked with this configuration ends with it, also while a socket opens. */
export class TimedConfig extends KubeConfig {
  readonly #deadline: number;
  readonly #signal: AbortSignal;

  /** @param deadline seconds from now */
  constructor(kubeconfig: string, deadline: number) {
    super();
    this.#deadline = deadline;
    this.#signal = AbortSignal.timeout(deadline * 1000);
    this.loadFromString(kubeconfig);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    context.setSignal(this.#signal);
  }

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    // Of the library `ws`, for the answer to the first request of a socket.
    Object.assign(options, { handshakeTimeout: this.#deadline * 1000 });
  }
}
