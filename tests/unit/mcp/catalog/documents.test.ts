import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { serversDocument } from "../../../../mcp/catalog/documents/render.ts";
import { catalog } from "../../../../mcp/catalog/index.ts";
import { federated } from "../../../../mcp/catalog/reach.ts";
import { registryDocument } from "../../../../mcp/catalog/registry.ts";

const committed = (name: string) =>
  readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), "utf8");

test("M1 docs/mcp-servers.md and docs/mcp/servers.json are as the catalog is (`make documents`)", () => {
  expect(committed("mcp-servers.md")).toBe(serversDocument(catalog));
  expect(committed("mcp/servers.json")).toBe(registryDocument(catalog, "sophia.example"));
});

test("M1 a change of an entry changes both", () => {
  const changed = catalog.map((entry) => ({
    ...entry,
    description: `${entry.description.slice(0, 60)} changed`,
  }));
  expect(serversDocument(changed)).not.toBe(serversDocument(catalog));
  expect(registryDocument(changed, "sophia.example")).not.toBe(registryDocument(catalog, "sophia.example"));
});

test("M5 the page for clients names the servers of which the gateway offers a part, or nothing", () => {
  const [, apart = "", part = ""] =
    /does not offer ([^,]*), and of ([^[]*)\[some tools only\]/.exec(committed("mcp/clients.md")) ?? [];
  const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  const can = catalog.filter(({ unavailable }) => unavailable === undefined);
  const names = (entries: typeof catalog) => entries.map(({ name }) => name);
  expect(named(apart)).toEqual(names(can.filter((entry) => !federated(entry))));
  expect(named(part)).toEqual(names(can.filter(({ toolAllow }) => toolAllow !== undefined)));
});

test("M2 what the catalog says of the servers' memory sums to less than 3 GB; measured by `make bench-mcp`", () => {
  const total = /use (\d+) MiB together/.exec(serversDocument(catalog))?.[1];
  expect(Number(total)).toBeLessThan(3000);
});
