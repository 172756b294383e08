import { expect } from "vitest";
import type { K3sSettings } from "../../../k3s/config/config.ts";
import { leaveScript } from "../../../k3s/leaving/script.ts";
import { installScript } from "../../../k3s/node/scripts.ts";
import type { TestMachine } from "./machine.ts";
import { owner } from "./owner.ts";

const k3s = "/var/lib/rancher/k3s";
const volume = `${k3s}/storage/pvc-1`;
const shim = `${k3s}/data/x/bin/containerd-shim-runc-v2 -address /run/k3s/containerd/containerd.sock`;

/** What K3s would run: a shim with a container that closes its files when it is told to end, and one that does not listen. */
async function startContainers(machine: TestMachine): Promise<() => Promise<string[]>> {
  const { stderr, code } = await machine.root(`set -eu
    mkdir -p ${volume} /var/lib/kubelet/pods/1/volume
    echo open > ${volume}/database
    mount --bind ${volume} /var/lib/kubelet/pods/1/volume
    cat > /run/container.sh <<'X'
    trap 'echo closed > ${volume}/database; exit' TERM
    while :; do sleep 0.1; done
X
    cat > /run/pod.sh <<'X'
    bash /run/container.sh container-that-ends &
    sh -c "trap '' TERM; while :; do sleep 1; done" container-that-stays &
    wait
X
    systemd-run --quiet --collect bash -c 'exec -a "${shim}" bash /run/pod.sh'
    until pgrep -f container-that-ends && pgrep -f container-that-stays; do sleep 0.1; done >/dev/null`);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return async () => {
    const { stdout } = await machine.root(
      "pgrep -fo '[c]ontainer-that-ends'; pgrep -fo '[c]ontainer-that-stays'",
    );
    return stdout.split("\n").filter((line) => line !== "");
  };
}

/** A host with a server's database, pods and a volume. */
export async function leaves(machine: TestMachine, settings: K3sSettings): Promise<void> {
  const tokens = "grep -rl short-token-of-a-test /etc/rancher /var/lib/sophia /var/lib/rancher/k3s";
  await machine.root(`mkdir -p ${k3s}/server/db ${k3s}/agent/containerd; echo rows > ${k3s}/server/db/state;
    echo '10.0.0.0/8 kept' > ${k3s}/agent/containerd/layer; touch ${k3s}/agent/kubelet.kubeconfig`);
  const containers = await startContainers(machine);
  expect(await containers()).toHaveLength(2);
  expect((await machine.root(tokens)).stdout).not.toBe("");

  // Not its own: by now another stack's, or another host of this stack.
  for (const [member, whose] of [
    [{ name: "backend", owner: "sophia-infra/other" }, `a node of stack ${owner} by now`],
    [{ name: "renamed", owner }, "backend in this stack by now"],
  ] as const) {
    const said = await machine.run(leaveScript(member));
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining(whose) });
    expect((await machine.root("systemctl is-active k3s")).stdout).toBe("active\n");
    expect(await containers()).toHaveLength(2);
  }

  const left = await machine.run(leaveScript({ name: "backend", owner }));
  expect(left, left.stderr).toMatchObject({ code: 0, stderr: "" });
  expect(left.stdout).toContain("changed k3s: stopped and disabled");
  expect(left.stdout).toContain("note: 1 volumes of pods are kept in");
  expect(await containers()).toEqual([]);
  expect((await machine.root("systemctl is-enabled k3s; systemctl is-active k3s")).code).not.toBe(0);
  expect((await machine.root(tokens)).stdout).toBe("");
  expect((await machine.root("ls /var/lib/kubelet /etc/rancher/k3s /usr/local/bin/k3s")).stdout).toBe("");
  expect((await machine.root(`cat ${volume}/database`)).stdout).toBe("closed\n");
  const [, kept = ""] = /kept in (\/var\/lib\/rancher\/k3s-kept\/\w+)\n/.exec(left.stdout) ?? [];
  expect((await machine.root(`cat ${kept}/server/db/state; stat -c %a ${kept}`)).stdout).toBe("rows\n700\n");
  expect((await machine.root(`grep -c short-token-of-a-test ${kept}/config/config.yaml`)).stdout).toBe("1\n");

  expect(await machine.run(leaveScript({ name: "backend", owner }))).toMatchObject({
    code: 0,
    stdout: "nothing to change\n",
  });

  // Another stack may adopt it, in another role.
  const other = await machine.run(installScript("agent", settings, "sophia-infra/other"));
  expect(other, other.stderr).toMatchObject({ code: 0, stderr: "" });
}

/** The same host, as another stack's agent. */
export async function uninstalls(machine: TestMachine): Promise<void> {
  const containers = await startContainers(machine);
  expect((await machine.root("/usr/local/bin/k3s-agent-uninstall.sh")).code).toBe(0);
  expect(await containers()).toEqual([]);
  const left = await machine.root(
    "ls -d /usr/local/bin/k3s* /usr/local/bin/kubectl /etc/rancher/k3s /etc/systemd/system/k3s* 2>/dev/null",
  );
  expect(left.stdout).toBe("");
}
