import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { databases, loadManifest, logins } from "../../../components/services/postgres/index.ts";
import { hostRules, type Login, ownerOf } from "../../../components/services/postgres/logins.ts";
import { parseManifest } from "../../../components/services/postgres/manifest.ts";
import { operatorObjects } from "../../../components/services/postgres/operator.ts";
import { tune } from "../../../components/services/postgres/tuning.ts";
import { bytesOf, coresOf, mebibytes } from "../../../components/services/quantity.ts";

const GiB = 2 ** 30;
const MB = (text: string | undefined) => Number(/^([0-9]+)MB$/.exec(text ?? "")?.[1]) * 2 ** 20;
const machines = fc.record({
  memory: fc.integer({ min: 256, max: 1024 * 1024 }).map((mebi) => mebi * 2 ** 20),
  cores: fc.double({ min: 0.1, max: 128, noNaN: true }),
  storage: fc.integer({ min: 1, max: 10_000 }).map((gibi) => gibi * GiB),
});

describe("tuning", () => {
  test("D1 shared buffers and everything that sorts at once fit into the memory, twice over", () => {
    fc.assert(
      fc.property(machines, (machine) => {
        const parameters = tune(machine);
        const sorting = Number(parameters.max_connections) * MB(parameters.work_mem);
        expect(MB(parameters.shared_buffers) + sorting).toBeLessThanOrEqual(machine.memory / 2 + 2 ** 20);
        expect(MB(parameters.effective_cache_size)).toBeLessThan(machine.memory);
      }),
    );
  });

  test("D1 what the log of changes may hold back leaves most of the volume to data", () => {
    fc.assert(
      fc.property(machines, (machine) => {
        const parameters = tune(machine);
        const held = ["max_wal_size", "max_slot_wal_keep_size", "wal_keep_size"].map((name) =>
          MB(parameters[name]),
        );
        expect(held.reduce((a, b) => a + b)).toBeLessThan(machine.storage * 0.4);
        expect(MB(parameters.min_wal_size)).toBeLessThanOrEqual(MB(parameters.max_wal_size));
      }),
    );
  });

  test("D1 M3 what one connection sorts on disk leaves most of the volume free", () => {
    fc.assert(
      fc.property(machines, (machine) => {
        expect(MB(tune(machine).temp_file_limit)).toBeGreaterThanOrEqual(256 * 2 ** 20);
        expect(MB(tune(machine).temp_file_limit)).toBeLessThanOrEqual(machine.storage / 4);
      }),
    );
  });

  test("D1 an 8 GiB server takes 400 connections on 2 GiB of buffers", () => {
    expect(tune({ memory: 8 * GiB, cores: 2, storage: 50 * GiB })).toMatchObject({
      max_connections: "400",
      shared_buffers: "2048MB",
      work_mem: "5MB",
      wal_level: "logical",
    });
  });

  test("D1 the log names slow statements without the values bound to them", () => {
    expect(tune({ memory: 8 * GiB, cores: 2, storage: 50 * GiB })).toMatchObject({
      log_min_duration_statement: "500ms",
      log_parameter_max_length: "0",
    });
  });
});

describe("logins", () => {
  test("D1 every database has exactly one owner", () => {
    expect(databases.map((database) => ownerOf(database))).toEqual([
      "pipeline",
      "analytics",
      "cache",
      "monitoring",
    ]);
    const two: Login[] = [logins[0], { ...logins[0], name: "second" }];
    expect(() => ownerOf("sophia_staging", two)).toThrow(/exactly one owner.*got 2/);
    expect(() => ownerOf("sophia_cache", two)).toThrow(/got 0/);
  });

  test("D1 a login gets into its own databases, over TLS with its password, and nowhere else", () => {
    const rules = hostRules();
    expect(rules).toContain("hostssl sophia_staging,sophia_analytics mcp all scram-sha-256");
    expect(rules.at(-1)).toBe("host all all all reject");
    for (const rule of rules.slice(0, -1))
      expect(rule).toMatch(/^hostssl sophia_\S+ [a-z_]+ all scram-sha-256$/);
  });

  test("D1 who owns a database may connect to it", () => {
    for (const { owns, databases: own } of logins as readonly Login[]) {
      for (const database of owns) expect(own).toContain(database);
    }
  });
});

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
              startupProbe: { failureThreshold: 30, periodSeconds: 5 },
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
      await writeFile(join(folder, "m.yaml"), manifest);
      expect(await loadManifest(join(folder, "m.yaml"))).toHaveLength(3);
      await expect(loadManifest(join(folder, "none.yaml"))).rejects.toThrow(
        /none.yaml \(postgres.operatorManifest\): ENOENT/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test("quantities are read as Kubernetes reads them", () => {
  expect([bytesOf("512Mi"), bytesOf("2Gi")]).toEqual([512 * 2 ** 20, 2 * GiB]);
  expect([coresOf("250m"), coresOf("1.5")]).toEqual([0.25, 1.5]);
  expect(mebibytes(1.9 * 2 ** 20)).toBe("1Mi");
  expect(() => bytesOf("5GB")).toThrow(/"5GB"/);
  expect(() => coresOf("two")).toThrow(/"two"/);
});
