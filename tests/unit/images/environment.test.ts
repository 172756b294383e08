import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  environmentSchema,
  type VariableName,
} from "../../../components/settings/environment/variables/index.ts";
import { repository } from "../../../tools/repository.ts";

const postgres = ["SOPHIA_POSTGRES_HOST", "SOPHIA_POSTGRES_USER", "SOPHIA_POSTGRES_PASSWORD_FILE"];
const gongKeys = ["SOPHIA_GONG_ACCESS_KEY_FILE", "SOPHIA_GONG_ACCESS_KEY_SECRET_FILE"];
const gpu = [
  "SOPHIA_GPU_EXPORTERS",
  "SOPHIA_TLS_FOLDER",
  "KUBERNETES_SERVICE_HOST",
  "KUBERNETES_SERVICE_PORT",
];

/** What cannot be left out, of the programs that run from an image and not from the list. */
const programs: [args: string[], needs: string[]][] = [
  [["data/main.ts", "migrate"], postgres],
  [["data/main.ts", "publish-tables"], postgres],
  [
    ["data/main.ts", "gong"],
    [...postgres, ...gongKeys],
  ],
  [["data/main.ts", "quality"], postgres],
  [["images/monitoring/gpu/main.ts"], gpu],
];

/** Values of the right form that lead nowhere. */
const standIn = (name: string) =>
  name === "SOPHIA_GPU_EXPORTERS" ? "http://127.0.0.1:9" : name.endsWith("_PORT") ? "9" : "127.0.0.1";

async function start(args: string[], names: string[]): Promise<{ code: number; said: string }> {
  const [file = "", ...rest] = args;
  const env = {
    PATH: process.env.PATH ?? "",
    ...Object.fromEntries(names.map((name) => [name, standIn(name)])),
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
  "W5 %j ends at once with 78 and names the one variable that is missing",
  async (args, needs) => {
    const [missing = "", ...others] = needs.toReversed();
    const { code, said } = await start(args, others);
    expect(code).toBe(78);
    expect(said).toContain("cannot start, its environment is incomplete:");
    expect([...said.matchAll(/(\w+): is not set/g)].map(([, name]) => name)).toEqual([missing]);
  },
);

test("W5 the list knows what each of them cannot do without", () => {
  const required = (consumer: Parameters<typeof environmentSchema>[0]) =>
    Object.entries(environmentSchema(consumer).shape)
      .filter(([, schema]) => !schema.safeParse(undefined).success)
      .map(([name]) => name as VariableName);
  expect(required("gpu-metrics").sort()).toEqual(gpu.toSorted());
  expect(
    required("gong")
      .filter((name) => name.startsWith("SOPHIA_GONG_"))
      .sort(),
  ).toEqual(gongKeys);
});
