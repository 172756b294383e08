import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { images, versions } from "../../components/core/versions.ts";
import { gpuValues } from "../../components/services/gpu.ts";
import { gpuSettings } from "../../components/settings/sections/k3s.ts";
import { run } from "../../tools/exec.ts";
import {
  agentConfig,
  answering,
  askFromClient,
  bothReady,
  connectsFromClient,
  serverConfig,
} from "./k3s/asks.ts";
import { disablesMetrics, scalesByCpu } from "./k3s/autoscaling.ts";
import { type Cluster, eventually, makeCluster } from "./k3s/cluster.ts";
import { losesNothing } from "./k3s/killed.ts";
import { allowClient, denyAll, gpuPod, podWithVolume, webEverywhere } from "./k3s/pods.ts";
import { logsInToRegistry } from "./k3s/privateRegistry.ts";
import { refusesConfigs } from "./k3s/refusals.ts";

let cluster: Cluster;
const namespace = "trial";

const ready = () => bothReady(cluster);
const fromClient = (target: string, port: number) => askFromClient(cluster, namespace, target, port);

beforeAll(async () => {
  cluster = await makeCluster();
});
afterAll(async () => {
  await cluster?.close();
});

test("K1 a key that K3s does not have is refused in K3s's words, one that the lab cannot do by its name", () =>
  refusesConfigs(cluster.server));

test("K2 K3 a server and an agent become a cluster", async () => {
  const { server, agent } = cluster;
  expect(await server.must("k3s --version")).toContain(`k3s version ${versions.k3s} (`);
  await cluster.start(server, "server", serverConfig(cluster));
  const nodeToken = await server.must("cat /var/lib/rancher/k3s/server/node-token");
  expect(nodeToken).toMatch(new RegExp(`^K10[0-9a-f]{64}::server:${cluster.token}$`));
  await cluster.start(agent, "agent", agentConfig(cluster, nodeToken));
  await ready();

  const { items } = JSON.parse(await cluster.kubectl("get nodes -o json"));
  const [backend, mcp] = items;
  expect(backend.metadata.labels).toMatchObject({
    "kubernetes.io/hostname": "backend",
    "node-role.kubernetes.io/control-plane": "true",
    "sophia.ai/role-server": "true",
  });
  expect(mcp.metadata.labels).toMatchObject({
    "kubernetes.io/hostname": "mcp-node",
    "nvidia.com/gpu.present": "true",
  });
  expect(mcp.status.addresses).toEqual([
    { type: "InternalIP", address: agent.privateAddress },
    { type: "ExternalIP", address: agent.spec.publicAddress },
    { type: "Hostname", address: "mcp-node" },
  ]);
  expect(mcp.status.nodeInfo.kubeletVersion).toBe(versions.k3s);

  const kubeconfig = parse(await server.must("cat /etc/rancher/k3s/k3s.yaml"));
  expect(kubeconfig.clusters[0].cluster.server).toBe("https://127.0.0.1:6443");
  expect(await server.must("stat -c %a /etc/rancher/k3s/k3s.yaml")).toBe("600");
  const cacert = "--cacert /var/lib/rancher/k3s/server/tls/server-ca.crt";
  const san = "--resolve api.example.test:6443:127.0.0.1 https://api.example.test:6443/ping";
  expect(await agent.must(`curl -sk https://${server.privateAddress}:6443/ping`)).toBe("pong");
  expect(await server.must(`curl -s ${cacert} ${san}`)).toBe("pong");
});

test("K2 S1 a wrong token and a strange server are refused", async () => {
  const tryJoin = async (token: string) => {
    const { stderr } = await cluster.agent.run(
      "cat > /tmp/join.yaml; timeout 6 k3s agent --config /tmp/join.yaml --data-dir /tmp/join",
      stringify({ ...agentConfig(cluster, token), "node-name": "stranger" }),
    );
    return stderr;
  };
  expect(await tryJoin("wrong")).toContain("401 Unauthorized");
  expect(await tryJoin(`K10${"0".repeat(64)}::server:${cluster.token}`)).toContain(
    "token CA hash does not match the Cluster CA certificate hash",
  );
  // The name of a node that another machine has: the password that it chose is not known here.
  const other = await cluster.server.run(
    "cat > /tmp/join.yaml; timeout 6 k3s agent --config /tmp/join.yaml --data-dir /tmp/join",
    stringify(agentConfig(cluster, cluster.token)),
  );
  expect(other.stderr).toContain("Node password rejected");
  expect(await cluster.kubectl("get nodes -o name")).not.toContain("stranger");
});

test("K2 pods reach pods of every node through a Service and by name", async () => {
  await cluster.kubectl("apply -f -", webEverywhere(namespace));
  await cluster.kubectl("apply -f -", podWithVolume(namespace, "client", "mcp-node"));
  await cluster.kubectl(`-n ${namespace} rollout status daemonset/web --timeout=180s`);
  await cluster.kubectl(`-n ${namespace} wait pod/client --for=condition=Ready --timeout=180s`);
  expect(await answering(() => fromClient(`web.${namespace}.svc.cluster.local`, 80))).toBe(
    "backend mcp-node",
  );
  // The range of node ports goes down to the web's own.
  const nodePort = `exec 3<>/dev/tcp/${cluster.agent.privateAddress}/443 && cat <&3`;
  expect(await answering(() => cluster.server.must(`timeout 5 bash -c '${nodePort}'`))).toBe(
    "backend mcp-node",
  );
  // CoreDNS reloads the nodes' names after some seconds.
  await eventually(
    "the node's name in a pod",
    240,
    () => cluster.kubectl(`-n ${namespace} exec client -- getent hosts mcp-node`).catch(String),
    new RegExp(`^${cluster.agent.privateAddress.replaceAll(".", "\\.")} `),
  );
});

test("K6 a claim becomes a folder of the pod's node, and goes with the claim", async () => {
  await cluster.kubectl(`-n ${namespace} exec client -- sh -c 'echo kept > /data/file'`);
  const folder = `/var/lib/rancher/k3s/storage/*_${namespace}_client`;
  expect(await cluster.agent.must(`cat ${folder}/file`)).toBe("kept");

  await cluster.kubectl("apply -f -", podWithVolume(namespace, "passing", "backend"));
  await cluster.kubectl(`-n ${namespace} wait pod/passing --for=condition=Ready --timeout=120s`);
  const passing = "ls /var/lib/rancher/k3s/storage | grep -c passing";
  expect((await cluster.server.run(passing)).stdout.trim()).toBe("1");
  await cluster.kubectl(`-n ${namespace} delete pod/passing pvc/passing --wait`);
  await eventually("the folder to go", 240, async () => (await cluster.server.run(passing)).stdout, /^0/);
});

test("S4 network policies let through what they name and nothing else", async () => {
  const connects = (target: string, port: number) => connectsFromClient(cluster, namespace, target, port);
  expect(await connects("kubernetes.default", 443)).toBe(true);
  expect(await connects("kube-dns.kube-system", 9153)).toBe(true);
  await cluster.kubectl("apply -f -", denyAll(namespace));
  await eventually("traffic to stop", 120, () => fromClient(`web.${namespace}`, 80), /no answer/);
  const address = await cluster.kubectl(`-n ${namespace} get service web -o jsonpath={.spec.clusterIP}`);
  expect(await fromClient(address, 80)).toBe("no answer");

  await cluster.kubectl("apply -f -", allowClient(namespace));
  // Each node learns of a policy by itself, and a try that is dropped lasts three seconds.
  await eventually(
    "allowed traffic to flow to both nodes",
    240,
    () => answering(() => fromClient(`web.${namespace}`, 80)),
    /^backend mcp-node$/,
  );
  // The API, another pod's port, and the web pods as seen from elsewhere stay closed.
  expect(await connects("kubernetes.default", 443)).toBe(false);
  expect(await connects("kube-dns.kube-system", 9153)).toBe(false);
  const pod = await cluster.kubectl(
    `-n ${namespace} get pod -l app=web --field-selector spec.nodeName=mcp-node -o jsonpath={.items[0].status.podIP}`,
  );
  const outside = await cluster.server.run(`timeout 3 bash -c 'exec 3<>/dev/tcp/${pod}/8080'`);
  expect(outside.code).not.toBe(0);
});

test("K5 a GPU is offered in slices through NVIDIA's chart, also to a new kubelet", async () => {
  const values = gpuValues(gpuSettings.parse({}), images.nvidiaDevicePlugin);
  const chart = join(cluster.folders.chart, "nvidia-device-plugin");
  const { stdout: manifest } = await run(
    join(cluster.folders.helm, "helm"),
    ["template", "gpu", chart, "--namespace", "gpu", "--values", "-"],
    { stdin: stringify(values) },
  );
  await cluster.kubectl("create namespace gpu");
  await cluster.kubectl("apply -n gpu -f -", manifest);
  const slices = () =>
    cluster.kubectl(`get node mcp-node -o jsonpath='{.status.allocatable.nvidia\\.com/gpu}'`);
  await eventually("four slices", 300, slices, /^4$/);
  expect(await cluster.kubectl("get node backend -o jsonpath={.status.allocatable}")).not.toContain("nvidia");

  await cluster.kubectl("apply -f -", gpuPod("one", 1));
  await eventually("the pod to end", 240, () => cluster.kubectl("get pod one --no-headers"), /Completed/);
  const [visible = "", list = ""] = (await cluster.kubectl("logs one")).split("\n");
  expect(visible).toMatch(/^GPU-[0-9a-f]{8}-0000$/);
  expect(JSON.parse(list)).toEqual({ model: "NVIDIA A10", uuids: [visible] });
  expect(await cluster.agent.must("nvidia-smi -L")).toContain(visible);

  await cluster.kubectl("apply -f -", gpuPod("two", 2));
  const refusal = await eventually(
    "the pod to be refused",
    240,
    () => cluster.kubectl("get pod two -o jsonpath={.status.message}"),
    /./,
  );
  expect(refusal).toContain("maximum request size for shared resources is 1; found 2");

  // A start that fails is tried again by the unit itself; what counts is the node that comes back.
  await cluster.agent.must("systemctl restart k3s || true");
  await ready();
  await eventually("the plugin to register with the new kubelet", 300, slices, /^4$/);
});

test("W4 a node logs in to a registry that asks for it", () => logsInToRegistry(cluster, ready));

test("W2 busy pods get replicas by our autoscaler, and idle ones lose them", () => scalesByCpu(cluster));

test("K1 a server that is told to disables metrics-server", () => disablesMetrics(cluster, ready));

test("K1 killed processes and rebooted hosts, server and agent, lose neither objects nor files of a volume", () =>
  losesNothing(cluster, namespace, ready));

test("K7 a snapshot and the token rebuild a lost server on an empty machine", async () => {
  const { kubectl } = cluster;
  const secret = await kubectl(
    "create secret generic sealed --from-literal=of=before -o jsonpath={.metadata.uid}",
  );
  expect(await cluster.server.must("k3s etcd-snapshot save --name rehearsal")).toMatch(
    /Snapshot rehearsal-backend-\d+ saved/,
  );
  await kubectl("create configmap forgotten --from-literal=of=after");
  const listed = JSON.parse(await cluster.server.must("k3s etcd-snapshot ls -o json"));
  const { location, name } = listed.items[0];
  expect(name).toMatch(/^rehearsal-backend-/);
  const snapshot = await cluster.server.must(`base64 -w0 ${location.replace("file://", "")}`);

  cluster.server = await cluster.replace(cluster.server);
  const { server } = cluster;
  await server.must("base64 -d > /root/snapshot", snapshot);
  await server.must("cat > /etc/rancher/k3s/config.yaml", stringify(serverConfig(cluster)));
  const reset = await server.run("k3s server --cluster-reset --cluster-reset-restore-path=/root/snapshot");
  expect(reset.stderr).toContain(
    "Managed etcd cluster membership has been reset, restart without --cluster-reset flag now",
  );
  expect((await server.run("k3s server --cluster-reset")).stderr).toContain("was previously reset");
  await cluster.start(server, "server", serverConfig(cluster));
  await ready();
  expect(await kubectl("get secret sealed -o jsonpath={.metadata.uid}")).toBe(secret);
  expect(await kubectl("get configmap -o name")).not.toContain("forgotten");
  // The agent was not touched, and takes orders again.
  await kubectl(`-n ${namespace} delete pod -l app=web --wait`);
  await kubectl(`-n ${namespace} rollout status daemonset/web --timeout=300s`);
});
