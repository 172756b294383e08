import { parse } from "yaml";
import { models } from "../saas/inference/models.ts";

/** Settings that only the lab knows. */
export interface LabFacts {
  /** Base URL of the emulated Lambda Cloud API, as hosts and this machine reach it. */
  lambdaApiUrl: string;
  /** Speed of the emulator's clock, as a multiple of real time. */
  speed: number;
  sshPublicKey: string;
  k3sRelease: { url: string; sha256: string };
  /** This machine's processor, by Node's name. */
  processor?: NodeJS.Architecture;
  mirrors: Record<string, string[]>;
  /** Our own image by digest, so that new content under the same tag is rolled out. */
  mcpImage: string;
  /** Images of the GPU metrics, also by digest. */
  exporterImage: string;
  monitoringImage: string;
  /** Image of the pipeline's jobs, also by digest. */
  pipelineImage: string;
  /** Base URLs of the emulated vendors, as pods and this machine reach them. */
  saasUrl: string;
  snowflakeUrl: string;
  operatorManifest: string;
  devicePluginChart: string;
}

type Config = Record<string, unknown>;
const section = (config: Config, key: string): Config => (config[`sophia-infra:${key}`] ?? {}) as Config;

/** The configuration in a stack file; an empty file has none. */
const configOf = (text: string): Config => (parse(text) as { config?: Config } | null)?.config ?? {};

/**
 * The stack file of the lab: `Pulumi.local.yaml` plus the lab's own settings. The file takes precedence, except for
 * addresses. Pure.
 */
export function labStackConfig(text: string, facts: LabFacts): Config {
  const config = configOf(text);
  const lambda = section(config, "lambda");
  const gpu = section(config, "gpu");
  const pipeline = section(config, "pipeline");
  const mcp = section(config, "mcp");
  const inPipeline = (name: string) => (pipeline[name] ?? {}) as Config;
  const { saasUrl } = facts;
  return {
    ...config,
    "sophia-infra:lambda": {
      requestsPerSecond: facts.speed,
      launchSpacing: 12 / facts.speed,
      pollInterval: 0.5,
      bootDeadline: 300,
      terminateDeadline: 120,
      ...lambda,
      apiUrl: facts.lambdaApiUrl,
      sshKey: { ...(lambda.sshKey as Config | undefined), publicKey: facts.sshPublicKey },
    },
    "sophia-infra:k3s": {
      release: {
        amd64: facts.k3sRelease,
        // The lab's hosts have this machine's processor, for which the binary is built.
        ...(facts.processor === "arm64" && { arm64: facts.k3sRelease }),
      },
      mirrors: facts.mirrors,
      ...section(config, "k3s"),
    },
    "sophia-infra:gpu": {
      pluginChart: { chart: facts.devicePluginChart },
      ...gpu,
      autoscaling: {
        image: facts.monitoringImage,
        exporterImage: facts.exporterImage,
        ...(gpu.autoscaling as Config | undefined),
      },
    },
    "sophia-infra:postgres": { operatorManifest: facts.operatorManifest, ...section(config, "postgres") },
    "sophia-infra:pipeline": {
      image: facts.pipelineImage,
      ...pipeline,
      gong: { ...inPipeline("gong"), apiUrl: `${saasUrl}/gong` },
      estuary: {
        pollInterval: 0.5,
        ...inPipeline("estuary"),
        agentUrl: `${saasUrl}/estuary`,
        restUrl: `${saasUrl}/estuary/rest/v1`,
        encryptionUrl: `${saasUrl}/estuary/encryption`,
      },
      quality: {
        ...inPipeline("quality"),
        hubspot: { ...(inPipeline("quality").hubspot as Config | undefined), apiUrl: `${saasUrl}/hubspot` },
      },
      snowflake: { ...inPipeline("snowflake"), endpoint: facts.snowflakeUrl },
    },
    "sophia-infra:mcp": {
      image: facts.mcpImage,
      ...mcp,
      servers: withInference(mcp, saasUrl),
    },
  };
}

/** `mcp.servers` with the emulated LLM endpoint. */
function withInference(mcp: Config, saasUrl: string): Config {
  const servers = (mcp.servers ?? {}) as Record<string, Config>;
  const server = servers.sophia_ai_intelligence;
  const variables = {
    SOPHIA_INFERENCE_CHAT_MODEL: models.chat,
    SOPHIA_INFERENCE_EMBEDDING_MODEL: models.embedding,
    ...(server?.variables as Config | undefined),
    SOPHIA_INFERENCE_API_URL: `${saasUrl}/inference/v1`,
  };
  return { ...servers, sophia_ai_intelligence: { ...server, variables } };
}

/** Files of this machine that an offline preview uses instead of downloads. */
export type PreviewFacts = Pick<LabFacts, "operatorManifest" | "devicePluginChart">;

/** The stack file of `dev` or `prod` without its ESC environment, for an offline preview. Pure. */
export function previewStackConfig(text: string, facts: PreviewFacts): Config {
  const config = configOf(text);
  return {
    ...config,
    "sophia-infra:gpu": { ...section(config, "gpu"), pluginChart: { chart: facts.devicePluginChart } },
    "sophia-infra:postgres": { ...section(config, "postgres"), operatorManifest: facts.operatorManifest },
  };
}
