import type { RequestContext } from "../kit/provider.ts";

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** The output of a command, raw as in the official plugin: the CLI hides the stack's configured secrets, and no others. */
export class Output {
  stdout = "";
  stderr = "";
  /** Both streams, in the order of arrival. */
  #both = "";
  #line = "";
  readonly #logging: Logging;
  readonly #log: RequestContext["log"];
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  constructor(logging: Logging, log: RequestContext["log"]) {
    this.#logging = logging;
    this.#log = log;
  }

  add(stream: "stdout" | "stderr", chunk: Uint8Array): void {
    const text = this.#decoders[stream].decode(chunk, { stream: true });
    this[stream] += text;
    this.#both += text;
    if (this.#logging !== stream && this.#logging !== "stdoutAndStderr") return;
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#show(line);
  }

  end(): void {
    if (this.#line) this.#show(this.#line);
    this.#line = "";
  }

  #show(line: string): void {
    this.#log({ severity: "info", message: line, ephemeral: true });
  }

  /** The official plugin's error for a failed command. */
  failure(reason: string, command: string): Error {
    return new Error(`${reason}: running ${JSON.stringify(command)}:\n${this.#both}`);
  }

  /** The two outputs, each without its last line break. */
  result(): { stdout: string; stderr: string } {
    return { stdout: this.stdout.replace(/\n$/, ""), stderr: this.stderr.replace(/\n$/, "") };
  }
}
