/**
 * `pulumi-language-nodejs`: runs Pulumi programs and policy packs written for Node. Started by the CLI with the
 * engine's address; serves the `LanguageRuntime` service on the port it prints.
 */
import { parseArgs } from "node:util";
import languageRpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import sdk from "@pulumi/pulumi/version.js";
import { serve } from "../rpc/serve.ts";
import { Children } from "./children.ts";
import { languageRuntime } from "./host.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: "boolean", default: false },
    runtime: { type: "string", default: "nodejs" },
    tracing: { type: "string" },
  },
});
if (values.version) {
  process.stdout.write(`v${sdk.version}\n`);
} else if (values.runtime !== "nodejs") {
  process.stderr.write(`unsupported runtime: ${values.runtime}\n`);
  process.exitCode = 1;
} else {
  const children = new Children();
  const engine = positionals[0] ?? "";
  await serve({
    service: languageRpc.LanguageRuntimeService,
    implementation: languageRuntime(sdk.version, engine, children),
    engine: engine || undefined,
    onStop: () => children.kill(),
  });
}
