import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { catalog, isDeployed } from "../../../../mcp/catalog/index.ts";
import { repository } from "../../../../tools/repository.ts";

test("M1 `postgres` runs with a limit of rows and read-only, by a file that the image has", () => {
  const entry = catalog.filter(isDeployed).find(({ name }) => name === "postgres");
  const args = entry?.kind === "container" ? entry.args : [];
  const file = args[args.indexOf("--config") + 1] ?? "";
  expect(file).toMatch(/^\/app\/mcp\/vendor\/[a-z]+\.toml$/);
  const settings = readFileSync(join(repository, "mcp/vendor", basename(file)), "utf8");
  const [, ...tools] = settings.split("[[tools]]");
  expect(tools.map((tool) => /name = "(\w+)"/.exec(tool)?.[1])).toEqual(["execute_sql", "search_objects"]);
  expect(tools[0]).toMatch(/^readonly = true$/m);
  expect(Number(/^max_rows = (\d+)$/m.exec(tools[0] ?? "")?.[1])).toBeLessThanOrEqual(200);
  const image = readFileSync(join(repository, "images/mcp-server/Dockerfile"), "utf8");
  expect(image).toMatch(/^COPY .*mcp\/vendor\/\*\.toml .*\.\/$/m);
});
