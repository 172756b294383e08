import type { RequestContext } from "../kit/provider.ts";
import { redact } from "../kit/values.ts";

export type Logging = "stdout" | "stderr" | "stdoutAndStderr" | "none";

/** What a command has written so far. */
export class Output {
  stdout = "";
  stderr = "";
  /** Both, in the order in which they came. */
  #both = "";
  #line = "";
  readonly #logging: Logging;
  readonly #secrets: string[];
  readonly #log: RequestContext["log"];
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  constructor(logging: Logging, secrets: string[], log: RequestContext["log"]) {
    this.#logging = logging;
    this.#secrets = secrets;
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
    this.#log({ severity: "info", message: redact(line, this.#secrets), ephemeral: true });
  }

  /** What the official plugin says of a command that failed, without the secrets that it was given. */
  failure(reason: string, command: string): Error {
    return new Error(redact(`${reason}: running ${JSON.stringify(command)}:\n${this.#both}`, this.#secrets));
  }

  /** The two outputs, each without its last line break. */
  result(): { stdout: string; stderr: string } {
    return { stdout: this.stdout.replace(/\n$/, ""), stderr: this.stderr.replace(/\n$/, "") };
  }
}
