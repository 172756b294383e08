import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConsumerName } from "../../../components/settings/environment/consumers.ts";
import { variablesFor } from "../../../components/settings/environment/variables/index.ts";
import { repository } from "../../../tools/repository.ts";

/** Variables that the list gives no default, of those that these consumers read. */
const required = (...consumers: ConsumerName[]) =>
  consumers.flatMap((consumer) =>
    variablesFor(consumer).flatMap(([name, { schema }]) =>
      schema.safeParse(undefined).success ? [] : [name],
    ),
  );
const job = required("pipeline-kit");

/** What cannot be left out, of the programs in our images; those of MCP servers are tested with them. */
const programs: [args: string[], needs: string[]][] = [
  [
    ["data/main.ts", "migrate"],
    [...job, ...required("migrations")],
  ],
  [
    ["data/main.ts", "publish-tables"],
    [...job, ...required("migrations")],
  ],
  [
    ["data/main.ts", "gong"],
    [...job, ...required("gong")],
  ],
  [
    ["data/main.ts", "quality"],
    [...job, ...required("quality")],
  ],
  [["images/monitoring/gpu/main.ts"], required("gpu-metrics")],
  [["images/monitoring/exporter/main.ts"], required("host-exporter")],
  [["mcp/check/main.ts"], required("mcp-check")],
];

/** Values of the right form that lead nowhere. */
const standIn = (name: string) =>
  name === "SOPHIA_GPU_EXPORTERS" ? "http://127.0.0.1:9" : name.endsWith("_PORT") ? "9" : "127.0.0.1";

async function start(
  args: string[],
  names: string[],
  more: Record<string, string> = {},
): Promise<{ code: number; said: string }> {
  const [file = "", ...rest] = args;
  const env = {
    PATH: process.env.PATH ?? "",
    ...Object.fromEntries(names.map((name) => [name, standIn(name)])),
    ...more,
  };
  const child = spawn(process.execPath, [join(repository, file), ...rest], { env });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, said };
}

test.each(programs)(
  "W5 %j ends at once with 78 and names what is missing, be it all that the list requires or one variable",
  async (args, needs) => {
    expect(needs).not.toEqual([]);
    for (const missing of [needs, needs.slice(-1)]) {
      const { code, said } = await start(
        args,
        needs.filter((name) => !missing.includes(name)),
      );
      expect(code, `${missing}`).toBe(78);
      expect(said).toContain("cannot start, its environment is incomplete:");
      expect([...said.matchAll(/(\w+): is not set/g)].map(([, name]) => name).sort()).toEqual(
        missing.toSorted(),
      );
    }
  },
);

test.each([
  [["data/main.ts", "gong"], [...job, ...required("gong")], "SOPHIA_POSTGRES_PORT"],
  [["images/monitoring/exporter/main.ts"], required("host-exporter"), "PORT"],
])(
  "W5 %j says of a number that it cannot read that it is none, not that it is missing",
  async (args, needs, name) => {
    const { code, said } = await start(args, needs, { [name]: "http" });
    expect(code).toBe(78);
    expect(said).toContain(`  ${name}: is not a number`);
    expect(said).not.toContain("is not set");
  },
);
