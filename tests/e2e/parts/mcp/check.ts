import { BatchV1Api, CoreV1Api } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { healthyStatus, kubeconfig } from "../../lab.ts";

const namespace = "mcp";
const core = () => kubeconfig().makeApiClient(CoreV1Api);
const podsOf = async (app: string) =>
  (await core().listNamespacedPod({ namespace, labelSelector: `app.kubernetes.io/name=${app}` })).items;

/** The last step of an update, which checks all MCP servers. */
export function mcpCheck() {
  test("M4 the last step of the update has asked every enabled server, by each way that leads to it", async () => {
    const { items: jobs } = await kubeconfig().makeApiClient(BatchV1Api).listNamespacedJob({ namespace });
    const checks = jobs.filter(({ metadata }) => metadata?.name?.startsWith("mcp-check-"));
    expect(checks.map(({ status: state }) => state?.succeeded)).toEqual([1]);
    const done = (await podsOf("mcp-check")).find(({ status: state }) => state?.phase === "Succeeded");
    const log = await core().readNamespacedPodLog({ namespace, name: done?.metadata?.name ?? "" });
    const lines = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; direct: string; gateway: string; tools: number });
    const { report } = await healthyStatus();
    const enabled = report.mcpServers.filter((server) => server.enabled);
    expect(lines.map(({ name, tools }) => [name, tools])).toEqual(
      enabled.map(({ name, tools }) => [name, tools.length]),
    );
    expect(lines.filter(({ direct }) => direct !== "ok")).toEqual([]);
    const apart = lines.filter(({ gateway }) => gateway !== "ok");
    expect(apart.map(({ name, gateway }) => `${name} ${gateway}`).sort()).toEqual(["playwright none"]);
  });
}
