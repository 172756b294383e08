import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sshOptions } from "../../../../lab/commands/logs.ts";
import { files, labOf } from "../../../../lab/lab.ts";
import { run } from "../../../../tools/exec.ts";
import { repository } from "../../../../tools/repository.ts";
import { sshKeyPair } from "../../../support/sshKey.ts";
import { sshServerOfTest } from "../../k3s/ssh/sshServer.ts";
import { fakeKubernetes, json } from "../../support/kubernetesApi.ts";

test("a log can be read by a program that ends before the log does", async () => {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const lab = labOf({ LAB: "long", LAB_ROOT: root });
  mkdirSync(lab.folder);
  writeFileSync(files(lab).upLog, "first\n".repeat(500_000));
  const command = 'set -o pipefail; "$0" lab/cli.ts logs | head -n 1';
  const { stdout, stderr } = await run("bash", ["-c", command, process.execPath], {
    env: { LAB: lab.name, LAB_ROOT: root },
    cwd: repository,
  });
  expect({ stdout, stderr }).toEqual({ stdout: "first\n", stderr: "" });
});

test("a host's log is read also where the path of the lab has a space", async () => {
  const root = mkdtempSync(join(tmpdir(), "lab of two words "));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const lab = labOf({ LAB: "long", LAB_ROOT: root });
  mkdirSync(dirname(files(lab).sshKey), { recursive: true });
  const own = sshKeyPair();
  writeFileSync(files(lab).sshKey, own.private, { mode: 0o600 });
  const server = await sshServerOfTest({ answer: { code: 0, output: "journal\n" }, accepts: [own.public] });
  writeFileSync(files(lab).knownHosts, `[127.0.0.1]:${server.port} ${server.publicKey}\n`);
  const args = [...sshOptions(lab), "-p", String(server.port), "ubuntu@127.0.0.1", "journalctl"];
  expect((await run("ssh", args)).stdout).toBe("journal\n");
});

test("a pod that has not started hides the logs of no other, and each container has its own", async () => {
  const root = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const lab = labOf({ LAB: "long", LAB_ROOT: root });
  const pods = () =>
    run(process.execPath, [join(repository, "lab/cli.ts"), "logs", "data/web"], {
      env: { LAB: lab.name, LAB_ROOT: root },
      allowFailure: true,
    });
  expect((await pods()).stderr).toContain("this lab is not running; start it with `make up`");
  const api = await fakeKubernetes();
  mkdirSync(lab.folder);
  writeFileSync(files(lab).kubeconfig, api.kubeconfig);
  const pod = (name: string, ...containers: string[]) => ({
    metadata: { name },
    spec: { containers: containers.map((container) => ({ name: container })) },
  });
  const message = 'container "main" in pod "web-1" is waiting to start: ContainerCreating';
  api.answer = (url, response) => {
    const items = [pod("web-1", "main"), pod("web-2", "main", "metrics"), pod("other", "main")];
    if (url.pathname.endsWith("/pods")) return json(response, { metadata: {}, items });
    if (url.pathname.includes("/web-1/")) return json(response, { kind: "Status", message }, 400);
    response
      .writeHead(200, { "content-type": "text/plain" })
      .end(`log of ${url.searchParams.get("container")}`);
  };
  expect((await pods()).stdout).toBe(
    `── data/web-1\nno log: ${message}\n── data/web-2, main\nlog of main\n── data/web-2, metrics\nlog of metrics\n`,
  );
});
