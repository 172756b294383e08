import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { redisValues } from "../../components/services/redis/redis.ts";
import { redisSettings } from "../../components/settings/sections/services.ts";
import { repository } from "../../tools/repository.ts";
import { only, render } from "./render.ts";
import { faultsOf } from "./rules.ts";

const further = { storageClass: "local-path", loginsHash: "abc", tlsHash: "def" };
const values = redisValues(redisSettings.parse({}), further);

test("D3 a snapshot of a full cache fits into the container's memory, though every page changes meanwhile", () => {
  expect(values.maxmemory).toBe(String(4 * 2 ** 30));
  expect(values.resources.memory).toBe("8256Mi");
});

describe("charts/redis", () => {
  const objects = render("redis", "data", values);
  const conf = () => only(objects, "ConfigMap").data?.["redis.conf"] ?? "";

  test("S4 passes the rules", () => {
    expect(objects.flatMap(faultsOf)).toEqual([]);
  });

  test("D3 keeps snapshots and an append-only file, and lets go of what was used least recently", () => {
    for (const line of [
      "maxmemory 4294967296",
      "maxmemory-policy allkeys-lru",
      "appendonly yes",
      "save 900 1 300 100 60 10000",
    ]) {
      expect(conf().split("\n")).toContain(line);
    }
  });

  test("S1 the chart renders no Secret and sets no password: Redis reads it from the Secret that it is told", () => {
    expect(objects.map(({ kind }) => kind)).not.toContain("Secret");
    expect(conf()).not.toMatch(/requirepass|masterauth/);
    const spec = only(objects, "StatefulSet").spec as { template: { spec: { volumes: object[] } } };
    expect(spec.template.spec.volumes).toContainEqual(
      expect.objectContaining({
        name: "logins",
        secret: expect.objectContaining({ secretName: "redis-logins-abc" }),
      }),
    );
  });

  test("S4 there is no plain port, and the certificate comes from the Secret that it is told", () => {
    expect(conf()).toMatch(/^port 0\ntls-port 6379$/m);
    const spec = only(objects, "StatefulSet").spec as { template: { spec: { volumes: object[] } } };
    expect(spec.template.spec.volumes).toContainEqual(
      expect.objectContaining({ secret: expect.objectContaining({ secretName: "redis-tls-def" }) }),
    );
  });

  const template = (changed: object, chart = "redis") => {
    const set = only(render(chart, "data", { ...values, ...changed }), "StatefulSet");
    return JSON.stringify((set.spec as { template: object }).template);
  };

  test("a new script that starts Redis restarts it", () => {
    const folder = mkdtempSync(join(tmpdir(), "chart-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const chart = join(folder, "redis");
    cpSync(join(repository, "charts/redis"), chart, { recursive: true });
    expect(template({}, chart)).toBe(template({}));
    const file = join(chart, "templates/config.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace("umask 077", "umask 027"));
    expect(template({}, chart)).not.toBe(template({}));
  });

  test("another Secret of logins or of the certificate, or setting, restarts Redis, a new comment in the chart does not", () => {
    const before = template({});
    expect(template({ maxmemory: "1" })).not.toBe(before);
    expect(template({ loginsHash: "def" })).not.toBe(before);
    expect(template({ tlsHash: "abc" })).not.toBe(before);
    expect(template({ chartHash: "another" })).toBe(before);
  });
});
