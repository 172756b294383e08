import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { versions } from "../../components/core/versions.ts";
import type { Host } from "../../k3s/host.ts";
import { programsArtefact } from "../../lab/k3s/images.ts";
import { labOf } from "../../lab/lab.ts";
import { obtain } from "../../tools/artefacts/obtain.ts";
import { type OperationResult, type Program, runProgram } from "../plugins/harness.ts";
import { makeFleet, serveFiles, type TestFleet, type TestMachine } from "./bootstrap/machine.ts";
import { makeKey, ssh } from "./bootstrap/ssh.ts";
import { type HostOfTest, leaves } from "./cluster/leaves.ts";
import { putVolume, volumeOn } from "./cluster/volume.ts";

const program = join(import.meta.dirname, "cluster/program");

let fleet: TestFleet;
let backend: TestMachine;
let mcp: TestMachine;
let web: Awaited<ReturnType<typeof serveFiles>>;
let k3s: Record<string, unknown>;

beforeAll(async () => {
  const { cache } = labOf();
  const file = join((await obtain([programsArtefact], { cache })).get(programsArtefact.name) ?? "", "k3s");
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  fleet = await makeFleet();
  web = await serveFiles(fleet.gateway, new Map([["/k3s", { file }]]));
  const release = { url: `${web.url}/k3s`, sha256 };
  k3s = {
    version: versions.k3s,
    release: { amd64: release, arm64: release },
    nodeAddress: "private",
    flannelBackend: "host-gw",
    deadline: 240,
  };
  [backend, mcp] = await Promise.all([
    fleet.boot({ name: "backend", roles: ["server", "ingress", "data"], gpus: 0 }),
    fleet.boot({ name: "mcp", roles: ["agent", "mcp"], gpus: 1 }),
  ]);
});
afterAll(async () => {
  web?.close();
  await fleet?.remove();
});

const configOf = (hosts: Host[], changes: Record<string, unknown> = {}) => ({
  hosts,
  k3s: { ...k3s, ...changes },
});
/** `update cluster-mcp-join` for each step. Pulumi's own entry for the dynamic provider holds the whole configuration. */
const stepsOf = (result: OperationResult) => {
  expect(result.code, `${result.stdout}\n${result.stderr}`).toBe(0);
  const own = result.steps.filter((step) => step.type !== "pulumi:providers:pulumi-nodejs");
  return own.map((step) => `${step.op} ${step.name}`);
};
const kubectl = async (command: string) => {
  const { code, stdout, stderr } = await backend.root(`k3s kubectl ${command}`);
  expect(code, stderr).toBe(0);
  return stdout;
};

test("K1 K2 K3 K4 S1 S2 a cluster comes up, stays, changes just what was changed, and loses a node in order", async () => {
  const stack: Program = await runProgram({ program, config: configOf([backend.host, mcp.host]) });

  // A key that the hosts do not know, then a release that is another one than was pinned: each update goes on from there.
  const stranger = makeKey();
  const unknown = await stack.up({ secrets: { sshPrivateKey: stranger.privateKey } });
  expect(unknown.code).not.toBe(0);
  expect(unknown.stdout).toMatch(
    new RegExp(
      `ubuntu@${backend.host.address}:22: the host rejected the login 5 times \\(key ssh-ed25519 SHA256:`,
    ),
  );
  expect(unknown.stdout).toContain("~ubuntu/.ssh/authorized_keys");
  expect(unknown.stdout + unknown.stderr).not.toContain(stranger.privateKey.split("\n")[2]);
  const pinned = { url: `${web.url}/k3s`, sha256: "b".repeat(64) };
  const mismatched = await stack.up({
    config: configOf([backend.host, mcp.host], { release: { amd64: pinned, arm64: pinned } }),
    secrets: { sshPrivateKey: fleet.key.privateKey },
  });
  expect(mismatched.code).not.toBe(0);
  expect(mismatched.stdout).toContain(`checksum mismatch: ${web.url}/k3s has SHA-256`);
  const secured = ["harden", "perimeter", "health"].map((step) => `create cluster-backend-${step}`);
  const first = stepsOf(await stack.up({ config: configOf([backend.host, mcp.host]) }));
  expect(first).toContain("create cluster-backend-install");
  expect(first.filter((step) => secured.includes(step))).toEqual([]);

  const { kubeconfig, nodes, clusterIdentity } = await stack.outputs();
  expect(nodes).toEqual(["backend", "mcp-node"]);
  expect(String(kubeconfig)).toContain(`server: https://${backend.host.address}:6443`);
  const wide = await kubectl(
    "get nodes -L sophia.ai/role-mcp,kubernetes.io/hostname,nvidia.com/gpu.present --no-headers",
  );
  expect(wide).toMatch(new RegExp(`backend +Ready .*${versions.k3s.replace("+", "\\+")} +backend`));
  expect(wide).toMatch(/mcp-node +Ready .* true +mcp-node +true/);

  // Nothing to do: nothing is done.
  expect(stepsOf(await stack.up())).toEqual([]);

  // A label is brought to the running node, and no K3s is restarted.
  const started = "systemctl show k3s-agent -p ActiveEnterTimestampMonotonic";
  const before = (await mcp.root(started)).stdout;
  const labelled = {
    ...mcp.host,
    labels: { "example.com/rack": "7" },
    taints: ["example.com/kept=x:PreferNoSchedule"],
  };
  const labels = stepsOf(await stack.up({ config: configOf([backend.host, labelled]) }));
  expect(labels.sort()).toEqual(["update cluster-mcp-configure", "update cluster-mcp-join"]);
  const marks = "{.metadata.labels.example\\.com/rack}{.spec.taints[*].key}";
  expect(await kubectl(`get node mcp-node -o jsonpath='${marks}'`)).toBe("7example.com/kept");
  expect((await mcp.root(started)).stdout).toBe(before);
  // Taken away again; and a setting of K3s restarts the nodes, one after the other, and re-installs nothing.
  const setting = { extraConfig: { "kubelet-arg+": ["max-pods=60"] } };
  const changed = stepsOf(await stack.up({ config: configOf([backend.host, mcp.host], setting) }));
  expect(changed).toEqual(
    ["backend-configure", "backend-join", "mcp-configure", "mcp-join"].map(
      (name) => `update cluster-${name}`,
    ),
  );
  expect(await kubectl(`get node mcp-node -o jsonpath='${marks}'`)).toBe("");
  expect(await kubectl("get nodes -o jsonpath='{.items[*].status.capacity.pods}'")).toBe("60 60");

  // Another machine behind the name: its node is drained and removed, the new one takes the name. Its volumes are empty there.
  await putVolume(backend, mcp);
  const other = await fleet.boot({ name: "mcp", roles: ["agent", "mcp"], gpus: 1 });
  const replaced = await stack.up({ config: configOf([backend.host, other.host], setting) });
  const steps = stepsOf(replaced);
  expect(steps.indexOf("delete-replaced cluster-mcp-node-drain")).toBeLessThan(
    steps.indexOf("delete-replaced machine-mcp"),
  );
  expect(replaced.stdout).toContain("node mcp-node: drained and removed");
  expect(await kubectl("get node mcp-node -o jsonpath='{.status.addresses[0].address}'")).toBe(
    other.host.privateAddress,
  );
  expect(
    steps.filter((step) => /kept|kubernetes|cluster-backend-(install|configure|join)/.test(step)),
  ).toEqual([]);
  expect((await stack.outputs()).clusterIdentity).toBe(clusterIdentity);
  expect([await volumeOn(mcp), await volumeOn(other)]).toEqual(["777\nremembered", "777"]);
  await mcp.remove();

  const joinedWith = async () =>
    (
      await other.root("sed -n 's/^token: \"K10.*::node:\\(.*\\)\"/\\1/p' /etc/rancher/k3s/config.yaml")
    ).stdout.trim();

  // Secrets are in the clear in neither state, output, processes nor journals.
  const state = JSON.stringify(await stack.export());
  const { resources } = await stack.export({ showSecrets: true });
  const tokens = resources.filter(({ type }) => type === "random:index/randomPassword:RandomPassword");
  expect(tokens).toHaveLength(2);
  const values = tokens.map(({ outputs = {} }): string =>
    JSON.parse((outputs.result as { plaintext: string }).plaintext),
  );
  expect(values).toContain(await joinedWith());
  const running = (machine: TestMachine) =>
    machine.root("cat /proc/[0-9]*/cmdline | tr '\\0' ' '; journalctl --no-pager --output=cat");
  const seen = (await Promise.all([backend, other].map(running))).map(({ stdout }) => stdout);
  for (const text of seen) expect(text).toContain("k3s");
  const places = { state, said: replaced.stdout + replaced.stderr, server: seen[0], agent: seen[1] };
  for (const [place, text = ""] of Object.entries(places))
    expect(
      values.map((value) => [value.length, text.includes(value)]),
      place,
    ).toEqual([
      [48, false],
      [48, false],
    ]);
  expect(state).not.toContain(fleet.key.privateKey.split("\n")[2]);
  expect(state).not.toContain("client-key-data");
  expect(state).not.toMatch(/K10[0-9a-f]{64}/);

  // The server is lost: the next update makes another one, gives up what was on the old one and takes the agents over.
  await backend.remove();
  backend = await fleet.boot({ name: "backend", roles: ["server", "ingress", "data"], gpus: 0 });
  stepsOf(await stack.up({ config: configOf([backend.host, other.host], setting) }));
  expect((await stack.outputs()).clusterIdentity).not.toBe(clusterIdentity);
  expect(await kubectl("get nodes -o name")).toBe("node/backend\nnode/mcp-node\n");
  expect(await kubectl("get configmap kept -o jsonpath='{.data.a}'")).toBe("b");
  expect(stepsOf(await stack.up())).toEqual([]);

  // Another SSH key and other tokens: hosts, nodes and what is on them stay.
  const hosts = [backend.host, other.host];
  const next = makeKey();
  const configFile = ["--config-file", join(stack.dir, "Pulumi.test.yaml")];
  const setSecret = (name: string, value: string) =>
    stack.cli(["config", "set", "--secret", name, ...configFile], { stdin: value });
  await setSecret("sshPrivateKey", next.privateKey);
  await setSecret("sshPreviousPrivateKey", fleet.key.privateKey);
  const entering = (key: string) =>
    Promise.all(
      hosts.map(({ address }) =>
        ssh({ address, privateKey: key }, "true").then(
          ({ code }) => code === 0,
          () => false,
        ),
      ),
    );
  const oldToken = await joinedWith();
  const kept = await kubectl("get configmap kept -o jsonpath='{.metadata.uid}'");
  const config = configOf(hosts, { ...setting, tokenGeneration: 1 });
  // A preview does not take the cluster for another one.
  const planned = stepsOf(await stack.preview({ config }));
  expect(planned.filter((step) => /replace|delete/.test(step) && !/token/.test(step))).toEqual([]);
  expect(planned).toContain("create cluster-mcp-key-change");
  // The kubeconfig will be read anew, and what is in the cluster is compared all the same.
  expect(planned).toContain("update cluster-kubeconfig");
  expect(planned.filter((step) => step.endsWith(" kept"))).toEqual([]);
  const rotated = stepsOf(await stack.up({ config }));
  expect(rotated.filter((step) => /replace|delete/.test(step) && !/token/.test(step))).toEqual([]);
  expect(await entering(fleet.key.privateKey)).toEqual([true, true]);
  expect(await entering(next.privateKey)).toEqual([true, true]);
  expect(await kubectl("get configmap kept -o jsonpath='{.metadata.uid}'")).toBe(kept);
  await kubectl("wait --for=condition=Ready node --all --timeout=240s");
  const newToken = await joinedWith();
  expect(newToken).toMatch(/^[A-Za-z0-9]{48}$/);
  expect(newToken).not.toBe(oldToken);
  const shown = async (token: string) => {
    const request = `printf 'user = "node:%s"' '${token}' | curl -sK - -o /dev/null -w '%{http_code}' --noproxy '*' -k`;
    return (await backend.root(`${request} https://127.0.0.1:6443/v1-k3s/readyz`)).stdout;
  };
  expect([await shown(oldToken), await shown(newToken)]).toEqual(["401", "200"]);

  // Without the previous key hosts take the new one only, and nothing else is touched.
  await stack.cli(["config", "rm", "sshPreviousPrivateKey", ...configFile]);
  expect(stepsOf(await stack.up()).sort()).toEqual(
    ["backend", "mcp"].map((name) => `delete cluster-${name}-key-change`),
  );
  expect(await entering(fleet.key.privateKey)).toEqual([false, false]);
  expect(await entering(next.privateKey)).toEqual([true, true]);
  expect(stepsOf(await stack.up())).toEqual([]);

  // A host is adopted, gets another name, then leaves.
  const up = (...some: HostOfTest[]) => stack.up({ config: { ...config, hosts: some } });
  await leaves([backend.host, other.host], { privateKey: next.privateKey, up, stepsOf });

  // All machines are lost: what was on them is given up at once.
  await backend.remove();
  await other.remove();
  stepsOf(await stack.destroy());
  expect((await stack.export()).resources).toEqual([]);
});
