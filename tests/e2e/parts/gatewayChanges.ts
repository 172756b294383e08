import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoscalingV2Api, CoreV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { findNetwork } from "../../../lab/machines/docker/network.ts";
import { type Issuer, newKey, startIssuer } from "../../support/servers/issuer.ts";
import { change, kubeconfig, lab, minutes, up } from "../lab.ts";
import { access, call, eras, learnAccess, withClient } from "../mcpClient.ts";

const namespace = "mcp";
const gateway = "mcp-gateway";
const audience = "sophia-mcp";

/** What all replicas of the gateway that may have served a call have logged of calls: the autoscaler may just add another. */
async function auditLog(): Promise<string[]> {
  const core = kubeconfig().makeApiClient(CoreV1Api);
  const labelSelector = `app.kubernetes.io/name=${gateway}`;
  const { items } = await core.listNamespacedPod({ namespace, labelSelector });
  const started = items.filter(({ status }) =>
    status?.containerStatuses?.some(({ state }) => state?.running),
  );
  const logs = started.map(({ metadata }) =>
    core.readNamespacedPodLog({ namespace, name: metadata?.name ?? "", container: "gateway" }),
  );
  return (await Promise.all(logs)).flatMap((log) =>
    log.split("\n").filter((line) => line.includes('"AUDIT"')),
  );
}

/** A gateway that scales by CPU, and accepts the tokens of an identity provider on this machine. */
export function gatewayChanges() {
  const folder = mkdtempSync(join(tmpdir(), "issuer-"));
  let issuer: Issuer;

  beforeAll(async () => {
    // A client's configuration has no token for the gateway afterwards.
    await learnAccess();
    issuer = await startIssuer(folder, audience, (await findNetwork(lab))?.gateway);
  }, 10 * minutes);

  afterAll(async () => {
    await issuer?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // A test, because what fails in a hook is not tried again.
  test("M3 S1 W2 an update gives the gateway an identity provider, and replicas by load", async () => {
    change((config) => {
      const oidc = {
        issuer: issuer.url,
        clientId: "sophia",
        audience,
        authority: readFileSync(issuer.certificate, "utf8"),
        privateAddress: true,
      };
      const changed = { ...(config.mcp?.gateway as object), replicas: { min: 2, max: 3 }, oidc };
      const servers = { lambda_labs_cli: { variables: { SOPHIA_LAMBDA_CHANGES_ALLOWED: "1" } } };
      config.mcp = { ...config.mcp, autoscaling: true, gateway: changed, servers } as never;
    });
    const { code, said } = await up();
    expect(code, said.slice(-4000)).toBe(0);
  });

  test.each(eras)(
    "M3 S1 a provider's token lets a client of %s work, and the audit log names its owner",
    async (era) => {
      const sub = `ann-${era}`;
      const token = issuer.token({ sub, name: `Ann of ${era}` });
      const read = () => withClient(era, "/mcp", (client) => call(client, "memory_read_graph"), token);
      expect(await read()).toContain("entities");
      const named = await waitFor({ what: `a call of ${sub} in the audit log`, deadline: 60 }, async () => {
        const events = (await auditLog()).filter((line) => line.includes("memory_read_graph"));
        return events.findLast((line) => line.includes(sub)) ?? notYet(`${events.length} calls of others`);
      });
      expect(named).toContain(`Ann of ${era}`);
    },
  );

  test("M3 S1 a token for others, an expired one, one by another key, and our own clients' open nothing", async () => {
    const past = Math.floor(Date.now() / 1000) - 120;
    const bad = {
      "for others": issuer.token({ aud: "others" }),
      "of another issuer": issuer.token({ iss: "https://127.0.0.1:1" }),
      expired: issuer.token({ exp: past }),
      "by another key": issuer.token({}, newKey().privateKey),
      "of our own": access.token,
    };
    for (const [what, token] of Object.entries(bad)) {
      for (const era of eras) {
        const tried = withClient(era, "/mcp", (client) => client.listTools(), token);
        await expect(tried, `${what}, ${era}`).rejects.toThrow(/401|unauthorized|Bearer/i);
      }
    }
  });

  test(
    "L8 M1 where the stack allows it, a machine is rented and returned through the one endpoint, each once it is confirmed",
    () =>
      withClient(
        "2026-07-28",
        "/mcp",
        async (client) => {
          const tool = (name: string, args: object = {}) =>
            call(client, `lambda_labs_cli_${name}`, args as Record<string, unknown>);
          const type = "gpu_1x_a10";
          const [key] = JSON.parse(await tool("list_ssh_keys")).items as { name: string }[];
          const launch = { type, name: "e2e-rented", sshKey: key?.name };
          await expect(tool("launch_instance", launch)).rejects.toThrow("Not launched");
          const { id } = JSON.parse(await tool("launch_instance", { ...launch, confirm: type }));
          try {
            expect(await tool("list_instances")).toContain(id);
            await expect(tool("terminate_instance", { id })).rejects.toThrow(/not terminated/i);
          } finally {
            await waitFor({ what: `${id} to be terminated`, deadline: 120, interval: 2 }, async () => {
              const said = await tool("terminate_instance", { id, confirm: id }).catch(String);
              return /terminat(ing|ed)/.test(said) && !said.includes("does not confirm")
                ? said
                : notYet(said);
            });
          }
          const gone = { what: `${id} to be gone`, deadline: 120, interval: 2 };
          await waitFor(gone, async () => {
            const { items } = JSON.parse(await tool("list_instances"));
            const left = (items as { id: string; status: string }[]).find((each) => each.id === id);
            return left === undefined || left.status === "terminated" || notYet(left.status);
          });
        },
        issuer.token({ sub: "renter" }),
      ),
    10 * minutes,
  );

  test("W2 the gateway's autoscaler reads the CPU of its replicas", async () => {
    const api = kubeconfig().makeApiClient(AutoscalingV2Api);
    const read = () => api.readNamespacedHorizontalPodAutoscaler({ namespace, name: gateway });
    const { status } = await waitFor({ what: "a utilization", deadline: 240, interval: 1 }, async () => {
      const found = await read();
      const { averageUtilization } = found.status?.currentMetrics?.[0]?.resource?.current ?? {};
      return averageUtilization !== undefined ? found : notYet(JSON.stringify(found.status?.conditions));
    });
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ type: "ScalingActive", status: "True", reason: "ValidMetricFound" }),
    );
    expect(status?.currentReplicas).toBeGreaterThanOrEqual(2);
  });
}
