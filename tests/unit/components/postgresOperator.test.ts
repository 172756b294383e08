import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { loadManifest, parseManifest } from "../../../components/services/postgres/manifest.ts";
import { keptDefinitions, operatorObjects } from "../../../components/services/postgres/operator.ts";
import { listening } from "../../support/servers/listening.ts";

const manifest = `
apiVersion: v1
kind: Namespace
metadata: { name: cnpg-system }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.test }
spec:
  versions:
    - schema:
        description: prose
        properties:
          description: { type: string, description: more prose }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: controller, namespace: cnpg-system }
spec:
  template:
    spec:
      containers:
        - name: manager
          image: example.test/manager:1
          imagePullPolicy: Always
          env:
            - { name: MONITORING_QUERIES_CONFIGMAP, value: queries }
            - { name: OPERATOR_IMAGE_NAME, value: "example.test/manager:1" }
          startupProbe: { failureThreshold: 6, periodSeconds: 5 }
`;
/** With the definition that the databases need. */
const whole = manifest.replace("things.example.test", "clusters.postgresql.cnpg.io");

/** Environment of a deployment's first container, by name. */
function envOf(spec: unknown): Record<string, string> {
  const { template } = spec as {
    template: { spec: { containers: { env: { name: string; value: string }[] }[] } };
  };
  return Object.fromEntries(
    template.spec.containers[0]?.env.map(({ name, value }) => [name, value] as const) ?? [],
  );
}

describe("the operator's manifest", () => {
  const objects = operatorObjects(parseManifest(manifest, "test"));

  test("comes without its namespace, which has walls of ours", () => {
    expect(objects.map(({ kind }) => kind)).toEqual(["CustomResourceDefinition", "Deployment"]);
  });

  test("loses the prose of its schemas, and no property that is called description", () => {
    expect(objects[0]?.spec).toEqual({
      versions: [{ schema: { properties: { description: { type: "string" } } } }],
    });
  });

  test("runs beside the API server from an image that is there", () => {
    expect(objects[1]?.spec).toMatchObject({
      template: {
        spec: {
          nodeSelector: { "sophia.ai/role-server": "true" },
          containers: [
            {
              image: "example.test/manager:1",
              imagePullPolicy: "IfNotPresent",
              startupProbe: { failureThreshold: 150, periodSeconds: 1 },
            },
          ],
        },
      },
    });
  });

  test("S3 runs by digest, and so do the copies of it that the servers start with", () => {
    const digests = { "example.test/manager:1": `sha256:${"a".repeat(64)}` };
    const [, deployment] = operatorObjects(parseManifest(manifest, "test"), digests);
    const image = `example.test/manager:1@sha256:${"a".repeat(64)}`;
    expect(envOf(deployment?.spec).OPERATOR_IMAGE_NAME).toBe(image);
    expect(envOf(deployment?.spec).MONITORING_QUERIES_CONFIGMAP).toBe("queries");
    expect(deployment?.spec).toMatchObject({ template: { spec: { containers: [{ image }] } } });
  });

  test("says which document is wrong", () => {
    expect(() => parseManifest("a: 1", "x.yaml")).toThrow(/x.yaml, document 1: no apiVersion/);
    expect(() => parseManifest("a: [", "x.yaml")).toThrow(/x.yaml, document 1/);
    expect(() => parseManifest('{"kind": "List", "items": [{}]}', "x.json")).toThrow(
      /x.json, document 1: no api/,
    );
    expect(() => parseManifest("{", "x.json")).toThrow(/^x.json: /);
    expect(() =>
      operatorObjects([{ apiVersion: "v1", kind: "Deployment", metadata: { name: "d" } }]),
    ).toThrow(/deployment d .* no containers/);
  });

  test("has the same objects as a list in JSON", () => {
    const items = parseManifest(manifest, "test");
    const list = { apiVersion: "v1", kind: "List", items };
    expect(parseManifest(JSON.stringify(list), "test")).toEqual(items);
    expect(parseManifest(JSON.stringify(items[0]), "test")).toEqual([items[0]]);
  });

  test("is read from a file, and a missing one is named with its setting", async () => {
    const folder = await mkdtemp(join(tmpdir(), "manifest-"));
    try {
      await writeFile(join(folder, "m.yaml"), whole);
      expect(await loadManifest(join(folder, "m.yaml"))).toHaveLength(3);
      await expect(loadManifest(join(folder, "none.yaml"))).rejects.toThrow(
        /none.yaml \(postgres.operatorManifest\): ENOENT/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("D1 the databases depend on the operator's definitions", () => {
  /** Serves one answer after the other, the last one for ever; nothing at all for 0. */
  async function served(...answers: [status: number, text: string][]) {
    let asked = 0;
    const url = await listening((_, response) => {
      const [status, text] = answers[Math.min(asked, answers.length - 1)] ?? [500, ""];
      asked += 1;
      if (status === 0) response.destroy();
      else response.writeHead(status).end(text);
    });
    return { url: `${url}/cnpg.yaml`, asked: () => asked };
  }

  test("an empty or incomplete manifest is refused with what it lacks", async () => {
    const lacks = async (text: string) => loadManifest((await served([200, text])).url);
    await expect(lacks("")).rejects.toThrow(
      /cnpg\.yaml \(postgres\.operatorManifest\) has 0 objects, but no Deployment and no CustomResourceDefinition clusters\.postgresql\.cnpg\.io/,
    );
    await expect(lacks(manifest)).rejects.toThrow(/has 3 objects, but no CustomResourceDefinition clusters/);
    const [beforeDeployment = ""] = whole.split("---\napiVersion: apps/v1");
    await expect(lacks(beforeDeployment)).rejects.toThrow(/has 2 objects, but no Deployment; is it/);
  });

  test("is asked for again of a server that is busy or breaks off, and not of one that has none", async () => {
    const busy = await served([503, ""], [0, ""], [200, whole]);
    expect(await loadManifest(busy.url)).toHaveLength(3);
    const none = await served([404, ""]);
    await expect(loadManifest(none.url)).rejects.toThrow(/\(postgres\.operatorManifest\): 404 Not Found/);
    expect(none.asked()).toBe(1);
    const down = await served([503, ""]);
    await expect(loadManifest(down.url, 0)).rejects.toThrow(/waited 0 s for .*; last: 503/);
  });

  test("definitions stay in the cluster when they leave the program, and nothing else does", () => {
    const kept = (type: string) =>
      keptDefinitions({ type, name: "n", props: {}, opts: {}, resource: {} as pulumi.Resource })?.opts;
    expect(kept("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition")).toMatchObject({
      retainOnDelete: true,
    });
    expect(kept("kubernetes:apps/v1:Deployment")).toBeUndefined();
  });
});
