import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { images } from "../../../components/core/versions.ts";
import { imagesOfOthers, serverImages } from "../../../components/images/roles.ts";
import { gpuValues } from "../../../components/services/gpu.ts";
import { operatorObjects } from "../../../components/services/postgres/operator.ts";
import { backupSecretNames } from "../../../components/settings/environment/backup.ts";
import { parseConfig } from "../../../components/settings/parse.ts";
import { gpuSettings } from "../../../components/settings/sections/gpu.ts";
import { catalog } from "../../../mcp/catalog/index.ts";
import { repository } from "../../../tools/repository.ts";

const digest = (digit: number) => `sha256:${String(digit % 10).repeat(64)}`;
const digests = Object.fromEntries(imagesOfOthers.map((image, index) => [image, digest(index)]));
const of = (image: string) => `${image}@${digests[image]}`;

/** The settings of production with other images settings. */
function settingsWith(section: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const { config } = parse(readFileSync(join(repository, "Pulumi.prod.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  const values = Object.entries({ ...config, ...more, "sophia-infra:images": section });
  const form = { tlsCertificate: "BEGIN CERTIFICATE", tlsKey: "PRIVATE KEY", sshPrivateKey: "PRIVATE KEY" };
  const warehouse = { snowflakePrivateKey: "PRIVATE KEY", snowflakeLoaderPrivateKey: "PRIVATE KEY" };
  const backup = Object.fromEntries(backupSecretNames.map((name) => [name, "key"]));
  const secrets = { lambdaApiKey: "key", ...form, ...warehouse, ...backup };
  return parseConfig({
    values: {
      ...Object.fromEntries(
        values.map(([key, value]) => [key.replace("sophia-infra:", ""), JSON.stringify(value)]),
      ),
      ...secrets,
    },
    secretKeys: new Set(Object.keys(secrets)),
  });
}

test("S3 every image of others is run by its digest where the stack file has it", () => {
  const backups = { repository: "s3:https://s3.example.com/backups/prod" };
  const result = settingsWith({ digests }, { "sophia-infra:backup": backups });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const { settings } = result;
  const { postgres, redis, nginx, monitoring, gpu, mcp, backup } = settings;
  expect([
    postgres.image,
    postgres.poolerImage,
    redis.image,
    nginx.image,
    monitoring.prometheusImage,
    monitoring.alertmanagerImage,
    backup?.image,
    gpu.pluginImage,
    gpu.autoscaling.exporterImage,
    mcp.gateway.image,
    ...Object.keys(serverImages).map((server) => mcp.servers[server]?.image),
  ]).toEqual(imagesOfOthers.filter((image) => image !== images.cnpgOperator).map(of));
  // Our own are built, and known by digest anyway.
  expect(mcp.image).toBe(images.mcpServers);
  expect(settings.images.digests).toEqual(digests);
});

test("S3 the operator's image, which its manifest names by tag, too", () => {
  const container = { name: "manager", image: images.cnpgOperator };
  const manifest = [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d" },
      spec: { template: { spec: { containers: [container] } } },
    },
  ];
  expect(JSON.stringify(operatorObjects(manifest, digests))).toContain(`"${of(images.cnpgOperator)}"`);
  expect(JSON.stringify(operatorObjects(manifest))).toContain(`"${images.cnpgOperator}"`);
});

test("NVIDIA's chart gets repository and tag apart, the digest behind the tag", () => {
  expect(gpuValues(gpuSettings.parse({}), of(images.nvidiaDevicePlugin)).image).toMatchObject({
    repository: "nvcr.io/nvidia/k8s-device-plugin",
    tag: `v0.19.0@${digests[images.nvidiaDevicePlugin]}`,
  });
});

test("an image that somebody names otherwise stays as it is named; a digest of none is refused by name", () => {
  const own = { servers: { github: { image: "ghcr.io/acme/github:1" } } };
  const result = settingsWith({ digests }, { "sophia-infra:mcp": own });
  expect(result.ok && result.settings.mcp.servers.github?.image).toBe("ghcr.io/acme/github:1");
  const old = settingsWith({ digests: { "docker.io/library/redis:6.0": digest(1) } });
  expect(old.ok ? [] : old.faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    expect.stringMatching(/^images\.digests.*is not a third-party image that the program runs now/),
  ]);
});

test("the servers in images of their makers are those that the catalog has", () => {
  const theirs = catalog.flatMap((entry) =>
    entry.kind === "container" && entry.image !== undefined ? [[entry.name, entry.image]] : [],
  );
  expect(Object.fromEntries(theirs)).toEqual(serverImages);
});
