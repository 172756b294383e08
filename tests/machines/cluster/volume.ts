import { expect } from "vitest";
import type { TestMachine } from "../bootstrap/machine.ts";

const folder = "/var/lib/rancher/k3s/storage/pvc-11111111-2222-4333-8444-555555555555_trial_memory";

const volume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "trial" },
  spec: {
    accessModes: ["ReadWriteOnce"],
    capacity: { storage: "1Mi" },
    storageClassName: "local-path",
    local: { path: folder },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["mcp-node"] }] },
        ],
      },
    },
  },
};

const must = async (machine: TestMachine, command: string) => {
  const { code, stdout, stderr } = await machine.root(command);
  expect(code, stderr).toBe(0);
  return stdout.trim();
};

/** Puts a volume of the MCP node, with data, as K3s's provisioner does. */
export async function putVolume(server: TestMachine, agent: TestMachine): Promise<void> {
  await must(server, `echo '${JSON.stringify(volume)}' | k3s kubectl apply -f -`);
  await must(agent, `mkdir -m 0777 -p ${folder} && echo remembered >${folder}/data`);
}

/** What a pod would find in it on this machine: the rights, and the files. */
export const volumeOn = (machine: TestMachine): Promise<string> =>
  must(machine, `stat -c %a ${folder} && cat ${folder}/* 2>/dev/null || true`);
