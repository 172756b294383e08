import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { databases, logins } from "../../../components/services/postgres/index.ts";
import { allRoles, hostRules, type Login, ownerOf } from "../../../components/services/postgres/logins.ts";
import { tune } from "../../../components/services/postgres/tuning.ts";
import { bytesOf, coresOf, mebibytes } from "../../../components/settings/sections/quantities.ts";

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
    const first = allRoles.filter(({ name }) => name === "pipeline");
    const two: Login[] = first.flatMap((login) => [login, { ...login, name: "second" }]);
    expect(() => ownerOf("sophia_staging", two)).toThrow(/exactly one owner.*got 2/);
    expect(() => ownerOf("sophia_cache", two)).toThrow(/got 0/);
  });

  test("D1 a login gets into its own databases, over TLS with its password, and nowhere else", () => {
    const rules = hostRules();
    expect(rules).toContain("hostssl sophia_staging,sophia_analytics mcp_data all scram-sha-256");
    // Nobody logs in as the group.
    expect(rules.filter((rule) => / mcp all /.test(rule))).toEqual([]);
    expect(rules.at(-1)).toBe("host all all all reject");
    for (const rule of rules.slice(0, -1))
      expect(rule).toMatch(/^hostssl sophia_\S+ [a-z_]+ all scram-sha-256$/);
  });

  test("S1 each MCP server that reads PostgreSQL has a login of its own, and none has another's rights", () => {
    const servers = allRoles.filter(({ memberOf }) => memberOf.includes("mcp"));
    const pairs = ["mcp_data", "mcp_business", "mcp_postgres"].flatMap((name) => [name, `${name}_even`]);
    expect(servers.map(({ name }) => name)).toEqual(pairs);
    for (const { memberOf, owns } of servers) expect([memberOf, owns]).toEqual([["mcp"], []]);
    expect(logins.map(({ name }): string => name)).not.toContain("mcp");
  });

  test("D1 who owns a database may connect to it", () => {
    for (const { owns, databases: own } of logins as readonly Login[]) {
      for (const database of owns) expect(own).toContain(database);
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
