import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notYet, Unrecoverable, waitFor } from "../../../../components/core/wait.ts";
import { Cluster } from "../../../../lab/pulumi/plugins/kubernetes/cluster/cluster.ts";
import { ApiClient } from "../../../../lab/pulumi/plugins/kubernetes/cluster/http.ts";
import {
  connectionOf,
  parseKubeconfig,
} from "../../../../lab/pulumi/plugins/kubernetes/cluster/kubeconfig.ts";
import { freePort } from "../../../support/servers/ports.ts";
import { type Binaries, binaries } from "./artefacts.ts";

/** A real API server with its controllers and without nodes: objects live, pods stay pending. */
export interface ControlPlane {
  kubeconfig: string;
  cluster: Cluster;
  client: ApiClient;
  /** Path of the helm binary. */
  helm: string;
  stop(): Promise<void>;
}

class Processes {
  readonly #running: ChildProcess[] = [];
  readonly #folder: string;
  constructor(folder: string) {
    this.#folder = folder;
  }

  start(name: string, [command, ...first]: string[], args: string[]): void {
    const log = openSync(join(this.#folder, `${name}.log`), "a");
    // A test run that is killed cannot stop what it started.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", command ?? "", ...first, ...args], {
      stdio: ["ignore", log, log],
      // The k3s stand-in's API server wants to know where joining nodes' secrets are; here nobody joins.
      env: { ...process.env, K3S_PART_DATA_DIR: this.#folder },
    });
    child.on("error", () => {
      // The wait for the API server notices, and shows the log.
    });
    this.#running.push(child);
  }

  /** The end of the log of the first process that has ended by itself. */
  failure(): string | undefined {
    const ended = this.#running.find((child) => child.exitCode !== null || child.signalCode !== null);
    if (!ended) return undefined;
    const names = ["etcd", "kube-apiserver", "kube-controller-manager"];
    const name = names[this.#running.indexOf(ended)] ?? "";
    const log = readFileSync(join(this.#folder, `${name}.log`), "utf8")
      .trim()
      .split("\n")
      .slice(-8)
      .join("\n");
    return `${name} ended with ${ended.exitCode}:\n${log}`;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#running.map(
        (child) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve();
            child.once("close", () => resolve());
            child.kill("SIGKILL");
          }),
      ),
    );
  }
}

const kubeconfigOf = (port: number, ca: string, token: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    clusters: [
      {
        name: "test",
        cluster: {
          server: `https://127.0.0.1:${port}`,
          "certificate-authority-data": Buffer.from(ca).toString("base64"),
        },
      },
    ],
    users: [{ name: "test", user: { token } }],
  });

async function startServer(folder: string, processes: Processes, files: Binaries): Promise<string> {
  const [etcdPort, peerPort, port] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcd = `http://127.0.0.1:${etcdPort}`;
  processes.start("etcd", [files.etcd], [join(folder, "etcd"), etcd, `http://127.0.0.1:${peerPort}`]);

  const key = join(folder, "service-accounts.pem");
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(key, pair.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  const token = randomBytes(16).toString("hex");
  const tokens = join(folder, "tokens.csv");
  writeFileSync(tokens, `${token},test,test,"system:masters"\n`, { mode: 0o600 });
  const certificates = join(folder, "certificates");
  processes.start("kube-apiserver", files.apiserver, [
    `--etcd-servers=${etcd}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${certificates}`,
    "--service-cluster-ip-range=10.43.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--token-auth-file=${tokens}`,
    "--authorization-mode=RBAC",
    "--endpoint-reconciler-type=none",
    "--disable-admission-plugins=ServiceAccount",
  ]);

  const what = "the test's API server";
  const kubeconfig = await waitFor({ what, deadline: 300, interval: 0.5 }, async () => {
    const failure = processes.failure();
    if (failure) throw new Unrecoverable(new Error(failure));
    const certificate = readFileSync(join(certificates, "apiserver.crt"), "utf8");
    const text = kubeconfigOf(port, certificate, token);
    const cluster = new Cluster(connectionOf(parseKubeconfig(text)), new AbortController().signal);
    const namespaces = await cluster.list({ group: "", version: "v1", kind: "Namespace" }, "");
    return namespaces.length > 0 ? text : notYet("no namespaces yet");
  });
  const path = join(folder, "kubeconfig");
  writeFileSync(path, kubeconfig, { mode: 0o600 });
  processes.start("kube-controller-manager", files.controllerManager, [
    `--kubeconfig=${path}`,
    "--leader-elect=false",
    "--use-service-account-credentials=false",
    `--service-account-private-key-file=${key}`,
    "--secure-port=0",
  ]);
  return kubeconfig;
}

export async function startControlPlane(): Promise<ControlPlane> {
  const files = await binaries();
  const folder = await mkdtemp(join(tmpdir(), "sophia-control-plane-"));
  const processes = new Processes(folder);
  const stop = async () => {
    await processes.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const kubeconfig = await startServer(folder, processes, files);
    const cluster = new Cluster(connectionOf(parseKubeconfig(kubeconfig)), new AbortController().signal);
    // The namespace's own account is the controllers' first sign of life.
    await waitFor({ what: "the test's controllers", deadline: 300, interval: 0.5 }, () =>
      cluster.get({ group: "", version: "v1", kind: "ServiceAccount" }, "default", "default"),
    );
    const client = new ApiClient(connectionOf(parseKubeconfig(kubeconfig)), new AbortController().signal);
    return { kubeconfig, cluster, client, helm: files.helm, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
