import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { z } from "zod";
import { environmentSchema } from "../../../../components/settings/environment/variables/index.ts";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { gongEnvironment } from "../../../../data/gong/settings.ts";
import { gongLimits, labLimits } from "../../../../lab/saas/gong/limits.ts";
import { catalog, isDeployed } from "../../../../mcp/catalog/index.ts";
import { repository } from "../../../../tools/repository.ts";

/** Where the job's keys are; the rest has defaults. */
const least = {
  SOPHIA_GONG_ACCESS_KEY_FILE: "/key",
  SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: "/secret",
  SOPHIA_POSTGRES_HOST: "postgres",
  SOPHIA_POSTGRES_PASSWORD_FILE: "/password",
  SOPHIA_POSTGRES_USER: "gong_loader",
};

test("W5 the list of variables and the extractor's own schema say the same", () => {
  const listed = environmentSchema("gong").parse(least);
  const own = gongEnvironment.parse(least);
  const gongs = Object.fromEntries(Object.entries(own).filter(([name]) => name.startsWith("SOPHIA_GONG_")));
  expect(listed).toEqual(gongs);
});

interface StackFile {
  config: {
    "sophia-infra:pipeline": z.input<typeof pipelineSettings>;
    "sophia-infra:mcp"?: { servers?: Record<string, { replicas?: { max: number } }> };
  };
}

/** Requests of a stack's extractors and MCP servers that call Gong, by its file, with the settings' defaults. */
function shareOf(file: string) {
  const { config } = parse(readFileSync(join(repository, file), "utf8")) as StackFile;
  const { requestsPerSecond, requestsPerDay } = pipelineSettings.parse(config["sophia-infra:pipeline"]).gong;
  const servers = catalog
    .filter((entry) => isDeployed(entry))
    .filter(({ egress }) => egress.includes("gong"))
    .map(({ name, replicas }) => config["sophia-infra:mcp"]?.servers?.[name]?.replicas?.max ?? replicas.max)
    .reduce((sum, most) => sum + most, 0);
  const each = environmentSchema("mcp/gong").parse({
    SOPHIA_GONG_ACCESS_KEY_FILE: "/key",
    SOPHIA_GONG_ACCESS_KEY_SECRET_FILE: "/secret",
  });
  expect(servers).toBeGreaterThan(0);
  return {
    perSecond: requestsPerSecond + servers * Number(each.SOPHIA_GONG_REQUESTS_PER_SECOND),
    perDay: requestsPerDay + servers * Number(each.SOPHIA_GONG_REQUESTS_PER_DAY),
  };
}

test("P1 all stacks with one key, their MCP servers too, stay below what Gong allows the company", () => {
  const files = readdirSync(repository).filter((name) => /^Pulumi\.\w+\.yaml$/.test(name));
  expect(files).toContain("Pulumi.prod.yaml");
  const shares = new Map(files.map((file) => [file, shareOf(file)]));
  // The lab has an account of its own, which it emulates.
  const lab = shares.get("Pulumi.local.yaml");
  shares.delete("Pulumi.local.yaml");
  expect(lab?.perSecond).toBeLessThanOrEqual(labLimits.perSecond);
  expect(lab?.perDay).toBeLessThan(labLimits.perDay);
  const total = (of: "perSecond" | "perDay") =>
    [...shares.values()].reduce((sum, share) => sum + share[of], 0);
  expect(total("perSecond")).toBeLessThanOrEqual(gongLimits.perSecond);
  // Below, because a server that starts again counts from 0.
  expect(total("perDay")).toBeLessThan(gongLimits.perDay);
});
