import grpc from "@grpc/grpc-js";
import engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";

export type Severity = "debug" | "info" | "warning" | "error";

/** A message for the user, shown with its resource. */
export interface LogEntry {
  severity: Severity;
  message: string;
  urn?: string;
  /** Shown in the progress display only while the operation runs. */
  ephemeral?: boolean;
}

/** The engine's log, which the CLI shows to the user. */
export class EngineLog {
  readonly #client: InstanceType<typeof engineRpc.EngineClient> | undefined;
  #pending = new Set<Promise<void>>();

  constructor(address: string | undefined) {
    if (address) this.#client = new engineRpc.EngineClient(address, grpc.credentials.createInsecure());
  }

  log(entry: LogEntry): void {
    const client = this.#client;
    if (!client) {
      process.stderr.write(`${entry.message}\n`);
      return;
    }
    const request = new engineMessages.LogRequest();
    request.setSeverity(severities[entry.severity]);
    // protobuf strings are valid UTF-8 only; a lone surrogate would fail the call.
    request.setMessage(entry.message.toWellFormed());
    request.setUrn(entry.urn ?? "");
    request.setEphemeral(entry.ephemeral ?? false);
    const sent = new Promise<void>((resolve) =>
      client.log(request, (error) => {
        if (error) process.stderr.write(`${entry.message}\n`);
        resolve();
      }),
    );
    this.#pending.add(sent);
    void sent.then(() => this.#pending.delete(sent));
  }

  /** Resolves when everything logged so far has reached the engine. */
  async flush(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

const severities = {
  debug: engineMessages.LogSeverity.DEBUG,
  info: engineMessages.LogSeverity.INFO,
  warning: engineMessages.LogSeverity.WARNING,
  error: engineMessages.LogSeverity.ERROR,
} as const;
