import { describe, expect, test } from "vitest";
import { clusterDigest, orderHosts } from "../../../k3s/cluster.ts";
import { nodeKind, nodeName } from "../../../k3s/host.ts";
import { host, mcpHost, settings } from "./fixtures.ts";

describe("hosts of a cluster", () => {
  test("K1 servers come first, so that they are upgraded first", () => {
    const { server, agents } = orderHosts([mcpHost(), host({ name: "frontend", roles: ["agent"] }), host()]);
    expect(server.name).toBe("backend");
    expect(agents.map(({ name }) => name)).toEqual(["mcp", "frontend"]);
  });

  test("L2 one host can do everything", () => {
    const all = host({ name: "one", roles: ["server", "ingress", "data", "mcp"] });
    expect(orderHosts([all]).agents).toEqual([]);
    expect(nodeName(all)).toBe("mcp-node");
    expect(nodeKind(all)).toBe("server");
  });

  test("M4 the digest changes with K3s's settings and with a machine, and only then", () => {
    const first = clusterDigest(settings(), [host(), mcpHost()]);
    expect(clusterDigest(settings(), [host({ labels: { a: "b" } }), mcpHost()])).toBe(first);
    expect(clusterDigest(settings({ version: "v1.35.1+k3s1" }), [host(), mcpHost()])).not.toBe(first);
    expect(clusterDigest(settings(), [host(), mcpHost({ machineId: "machine-9" })])).not.toBe(first);
  });

  test.each([
    ["no server", [mcpHost()], /got 0/],
    ["two servers", [host(), host({ name: "other" })], /got 2 \(backend, other\)/],
    [
      "two nodes of one name",
      [host({ name: "mcp-node" }), mcpHost()],
      /two hosts have the node name mcp-node/,
    ],
  ])("%s are refused", (_what, hosts, message) => {
    expect(() => orderHosts(hosts)).toThrow(message);
  });
});
