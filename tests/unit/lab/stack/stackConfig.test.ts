import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { labStackConfig, previewStackConfig } from "../../../../lab/stack/stackConfig.ts";
import { repository } from "../../../../tools/repository.ts";

const facts = { operatorManifest: "/cache/cnpg.yaml", devicePluginChart: "/cache/nvidia-device-plugin" };

test.each(["dev", "prod"])(
  "a preview of %s takes from this machine what it would download, and no more",
  (name) => {
    const text = readFileSync(join(repository, `Pulumi.${name}.yaml`), "utf8");
    const written = (parse(text) as { config: Record<string, unknown> }).config;
    const {
      "sophia-infra:gpu": gpu,
      "sophia-infra:postgres": postgres,
      ...others
    } = previewStackConfig(text, facts);
    const { "sophia-infra:gpu": _gpu, "sophia-infra:postgres": _postgres, ...untouched } = written;
    expect(others).toEqual(untouched);
    expect(gpu).toMatchObject({ pluginChart: { chart: facts.devicePluginChart } });
    expect(postgres).toMatchObject({ operatorManifest: facts.operatorManifest });
  },
);

test("what people wrote stays beside what the preview replaces; the ESC environment is not named", () => {
  const text = `
environment: [sophia/dev]
config:
  sophia-infra:gpu: { slicesPerGpu: 2, pluginChart: { chart: x, repository: "https://charts.test", version: 1.2.3 } }
  sophia-infra:postgres: { instances: 3, operatorManifest: "https://release.test/cnpg.yaml" }
`;
  expect(previewStackConfig(text, facts)).toEqual({
    "sophia-infra:gpu": { slicesPerGpu: 2, pluginChart: { chart: facts.devicePluginChart } },
    "sophia-infra:postgres": { instances: 3, operatorManifest: facts.operatorManifest },
  });
});

test.each(["", "environment: [sophia/dev]\n", "config:\n"])(
  "an empty stack file is no error here: %j",
  (text) => {
    expect(Object.keys(previewStackConfig(text, facts))).toEqual([
      "sophia-infra:gpu",
      "sophia-infra:postgres",
    ]);
    const lab = {
      ...facts,
      lambdaApiUrl: "http://10.0.0.1/api/v1",
      speed: 30,
      sshPublicKey: "ssh-ed25519 AAAA",
      k3sRelease: { url: "http://10.0.0.1/k3s", sha256: "0" },
      mirrors: {},
      mcpImage: "registry.test/mcp-servers:1",
      pipelineImage: "pipeline:1@sha256:0",
      monitoringImage: "monitoring:1@sha256:0",
      exporterImage: "dcgm-exporter:1@sha256:0",
      saasUrl: "http://172.31.0.1:7602",
      snowflakeUrl: "http://172.31.0.1:7603",
    };
    expect(labStackConfig(text, lab)["sophia-infra:lambda"]).toMatchObject({
      apiUrl: "http://10.0.0.1/api/v1",
    });
    expect(labStackConfig(text, lab)["sophia-infra:mcp"]).toMatchObject({
      servers: {
        sophia_ai_intelligence: {
          variables: { SOPHIA_INFERENCE_API_URL: "http://172.31.0.1:7602/inference/v1" },
        },
      },
    });
  },
);
