import { execFileSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { unknownValue } from "../../../components/core/provider/unknown.ts";
import { provider as kubeconfigs } from "../../../k3s/config/knownKubeconfigProvider.ts";
import { type IdentityProps, provider } from "../../../k3s/identityProvider.ts";

const known: IdentityProps = { machineId: "m", clusterId: "c", authority: "a" };
const diff = (news: Partial<IdentityProps>) => provider.diff?.("m", known, { ...known, ...news });

test("S2 a preview takes the cluster for the same one as long as its machine is", async () => {
  const unread = { clusterId: unknownValue, authority: unknownValue };
  expect(await diff(unread)).toMatchObject({ changes: false, replaces: [] });
  expect(await diff({ ...unread, machineId: unknownValue })).toMatchObject({ replaces: ["machineId"] });
  expect(await diff({ ...unread, machineId: "other" })).toMatchObject({ replaces: ["machineId"] });
});

test("a cluster that turns out to be another one is known as such", async () => {
  expect(await diff({ clusterId: "d" })).toMatchObject({ changes: true, replaces: [] });
  expect((await provider.update?.("m", known, { ...known, clusterId: "d" }))?.outs).toMatchObject({
    clusterId: "d",
  });
});

/** With a client certificate that was made now, and ends after so many days. */
function kubeconfigOf(days: number): string {
  const certificate = execFileSync(
    "openssl",
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -keyout /dev/null"
      .split(" ")
      .concat(["-days", String(days)]),
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const user = { "client-certificate-data": certificate.toString("base64"), "client-key-data": "S0VZ" };
  return stringify({
    clusters: [{ name: "a", cluster: { server: "https://a:6443", "certificate-authority-data": "Q0E=" } }],
    contexts: [{ name: "a" }],
    users: [{ name: "a", user }],
  });
}

afterEach(() => vi.useRealTimers());

test("K3 a preview goes on with the kubeconfig that it has while another one is to be read, until its certificate ended", async () => {
  const old = { machineId: "m", kubeconfig: kubeconfigOf(1) };
  const planned = () => kubeconfigs.diff?.("m", old, { machineId: "m", kubeconfig: unknownValue });
  expect(await planned()).toMatchObject({ changes: false, replaces: [] });
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * 3_600_000 });
  expect(await planned()).toMatchObject({ changes: true, replaces: [] });
});

test("K3 a kubeconfig that was read and differs is taken over, and another machine has another one", async () => {
  const old = { machineId: "m", kubeconfig: kubeconfigOf(1) };
  expect(await kubeconfigs.diff?.("m", old, old)).toMatchObject({ changes: false });
  const other = { ...old, kubeconfig: kubeconfigOf(2) };
  expect(await kubeconfigs.diff?.("m", old, other)).toMatchObject({ changes: true, replaces: [] });
  expect((await kubeconfigs.update?.("m", old, other))?.outs).toEqual(other);
  expect(await kubeconfigs.diff?.("m", old, { ...old, machineId: "n" })).toMatchObject({
    replaces: ["machineId"],
  });
});
