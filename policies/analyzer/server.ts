import grpc from "@grpc/grpc-js";
import analyzerRpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import { type Resource, readResource, readStack } from "./wire.ts";

type Severity = "low" | "medium" | "high" | "critical";

/** A policy as the engine lists it. */
export interface Policy {
  name: string;
  description: string;
  severity: Severity;
  /** A mandatory one fails the preview or the update, an advisory one is only shown. */
  level: "mandatory" | "advisory";
  /** What a violation leads to. */
  why: string;
  /** How to resolve a violation. */
  fix: string;
  /** Evaluated for the stack as a whole, after its resources. */
  ofStack?: boolean;
}

/** A violation of a policy, by one resource or by the stack. */
export interface Violation {
  policy: Policy;
  message: string;
}

/** A policy pack as Pulumi's engine sees it. */
export interface Pack {
  name: string;
  version: string;
  policies: Policy[];
  /** Called for each resource before it is created, updated, or left as it is. */
  evaluate(resource: Resource): Promise<Violation[]>;
  /** Called once, at the end, with all resources. */
  evaluateStack(resources: Resource[]): Promise<Violation[]>;
}

const levels = {
  advisory: messages.EnforcementLevel.ADVISORY,
  mandatory: messages.EnforcementLevel.MANDATORY,
};
const severities = {
  low: messages.PolicySeverity.POLICY_SEVERITY_LOW,
  medium: messages.PolicySeverity.POLICY_SEVERITY_MEDIUM,
  high: messages.PolicySeverity.POLICY_SEVERITY_HIGH,
  critical: messages.PolicySeverity.POLICY_SEVERITY_CRITICAL,
};
/** Manifests are large: the SDK's own limit, far above gRPC's 4 MiB. */
const largest = { "grpc.max_receive_message_length": 400 * 1024 * 1024 };

function information({ name, version, policies }: Pack): messages.AnalyzerInfo {
  const info = new messages.AnalyzerInfo();
  info.setName(name);
  info.setVersion(version);
  info.setPoliciesList(
    policies.map((policy) => {
      const each = new messages.PolicyInfo();
      each.setName(policy.name);
      each.setDescription(policy.description);
      each.setEnforcementlevel(levels[policy.level]);
      each.setSeverity(severities[policy.severity]);
      each.setRemediationSteps(policy.fix);
      const { POLICY_TYPE_STACK, POLICY_TYPE_RESOURCE } = messages.PolicyType;
      each.setPolicyType(policy.ofStack ? POLICY_TYPE_STACK : POLICY_TYPE_RESOURCE);
      return each;
    }),
  );
  return info;
}

function respond({ name, version }: Pack, all: Violation[]): messages.AnalyzeResponse {
  const response = new messages.AnalyzeResponse();
  response.setDiagnosticsList(
    all.map(({ policy, message }) => {
      const diagnostic = new messages.AnalyzeDiagnostic();
      diagnostic.setPolicyname(policy.name);
      diagnostic.setPolicypackname(name);
      diagnostic.setPolicypackversion(version);
      diagnostic.setDescription(policy.description);
      diagnostic.setMessage(message);
      diagnostic.setEnforcementlevel(levels[policy.level]);
      diagnostic.setSeverity(severities[policy.severity]);
      return diagnostic;
    }),
  );
  return response;
}

/** Answers a call with the result of `handle`. An error fails the update; it never counts as "no violation". */
const unary =
  <Request, Response>(
    handle: (request: Request) => Response | Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> =>
  (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then(
        (response) => callback(null, response),
        (error: Error) => callback({ code: grpc.status.INTERNAL, details: error.stack ?? error.message }),
      );
  };

const asBytes = (bytes: Buffer): Buffer => bytes;

/**
 * Serves a pack to the engine that started this process, in place of `@pulumi/policy`. The port goes to standard output,
 * as the engine expects. Requests with resources are decoded by wire.ts.
 */
export function serve(pack: Pack): void {
  const { analyze, analyzeStack, remediate, ...others } = analyzerRpc.AnalyzerService;
  const service = {
    ...others,
    analyze: { ...analyze, requestDeserialize: asBytes },
    analyzeStack: { ...analyzeStack, requestDeserialize: asBytes },
    remediate: { ...remediate, requestDeserialize: asBytes },
  };
  const { responseType: Empty } = analyzerRpc.AnalyzerService.configure as unknown as {
    responseType: new () => object;
  };
  const server = new grpc.Server(largest);
  server.addService(service as unknown as grpc.ServiceDefinition, {
    analyze: unary(async (bytes: Buffer) => respond(pack, await pack.evaluate(readResource(bytes)))),
    analyzeStack: unary(async (bytes: Buffer) => respond(pack, await pack.evaluateStack(readStack(bytes)))),
    // No rule changes what it evaluates.
    remediate: unary(() => new messages.RemediateResponse()),
    getAnalyzerInfo: unary(() => information(pack)),
    getPluginInfo: unary(() => {
      const info = new pluginMessages.PluginInfo();
      info.setVersion(pack.version);
      return info;
    }),
    // The rules take their settings from settings.yaml, which is under review, not from the engine's configuration.
    configure: unary(() => new Empty()),
    configureStack: unary(() => new messages.AnalyzerStackConfigureResponse()),
  });
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}
