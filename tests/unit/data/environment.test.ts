import { describe, expect, test } from "vitest";
import type { ZodObject, ZodType } from "zod";
import { variablesFor } from "../../../components/settings/environment/variables/index.ts";
import { gongEnvironment } from "../../../data/gong/settings.ts";
import { postgresEnvironment } from "../../../data/kit/environment.ts";
import { migrationEnvironment } from "../../../data/migrations/main.ts";
import { publishEnvironment } from "../../../data/migrations/publish.ts";
import { qualityEnvironment } from "../../../data/quality/environment.ts";
import { exporterEnvironment, gpuEnvironment } from "../../../images/monitoring/environment.ts";

/** The images' own schemas, which can import nothing from outside of their folders, beside the one list. */
const programs: [consumer: string, kit: string, schemas: ZodObject[]][] = [
  ["migrations", "pipeline-kit", [migrationEnvironment, publishEnvironment]],
  ["gong", "pipeline-kit", [gongEnvironment]],
  ["quality", "pipeline-kit", [qualityEnvironment]],
  ["gpu-metrics", "", [gpuEnvironment]],
  ["host-exporter", "", [exporterEnvironment]],
];

/** Values that tell schemas apart, beyond what they say of a variable that is not set. */
const samples = ["", "0", "-1", "1.5", "70000", "x", "https://a.test", "2020-01-01T00:00:00Z", "verify"];

describe.each(programs)("W5 the environment of %s", (consumer, kit, schemas) => {
  const listed = new Map([...variablesFor(kit), ...variablesFor(consumer)]);

  test("is on the list, and nothing else of it is", () => {
    const read = new Set(schemas.flatMap((schema) => Object.keys(schema.shape)));
    expect([...read].sort()).toEqual([...listed.keys()].sort());
  });

  test("takes what the list takes", () => {
    for (const schema of schemas) {
      for (const [name, own] of Object.entries(schema.shape)) {
        // Which tables there are, and what a list of servers looks like, only the program itself knows.
        if (["SOPHIA_PUBLISH_TABLES", "SOPHIA_MCP_TARGETS"].includes(name)) continue;
        const taken = (one: ZodType | undefined) =>
          samples.filter((sample) => one?.safeParse(sample).success);
        expect([name, taken(own)]).toEqual([name, taken(listed.get(name)?.schema)]);
      }
    }
  });

  test("has the list's defaults", () => {
    for (const schema of schemas) {
      for (const [name, own] of Object.entries(schema.shape)) {
        if (name === "SOPHIA_PUBLISH_TABLES") continue;
        const [mine, lists] = [own, listed.get(name)?.schema].map((one) => one?.safeParse(undefined));
        expect([name, mine?.success, mine?.data]).toEqual([name, lists?.success, lists?.data]);
      }
    }
  });
});

test("W5 PostgreSQL is reached by the variables that all share", () => {
  expect(Object.keys(postgresEnvironment.shape).sort()).toEqual(
    variablesFor("pipeline-kit")
      .map(([name]) => name)
      .sort(),
  );
});
