import { describe, expect, test } from "vitest";
import type { ZodObject } from "zod";
import { variablesFor } from "../../../components/settings/environment/variables.ts";
import { gongEnvironment } from "../../../data/gong/settings.ts";
import { postgresEnvironment } from "../../../data/kit/environment.ts";
import { migrationEnvironment } from "../../../data/migrations/main.ts";
import { publishEnvironment } from "../../../data/migrations/publish.ts";
import { qualityEnvironment } from "../../../data/quality/environment.ts";

/** The image's own schemas, which can import nothing from outside of `data/`, beside the one list. */
const jobs: Record<string, ZodObject[]> = {
  migrations: [migrationEnvironment, publishEnvironment],
  gong: [gongEnvironment],
  quality: [qualityEnvironment],
};

describe.each(Object.entries(jobs))("W5 the environment of %s", (consumer, schemas) => {
  const listed = new Map([...variablesFor("pipeline-kit"), ...variablesFor(consumer)]);

  test("is on the list, and nothing else of it is", () => {
    const read = new Set(schemas.flatMap((schema) => Object.keys(schema.shape)));
    expect([...read].sort()).toEqual([...listed.keys()].sort());
  });

  test("has the list's defaults", () => {
    for (const schema of schemas) {
      for (const [name, own] of Object.entries(schema.shape)) {
        if (name === "SOPHIA_POSTGRES_USER" || name === "SOPHIA_PUBLISH_TABLES") continue;
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
