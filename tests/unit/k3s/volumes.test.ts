import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { foldersOf, listScript, makeScript } from "../../../k3s/volumes/scripts.ts";

const id = (digit: number) => `pvc-${String(digit).repeat(8)}-0000-4000-8000-000000000000`;

test("K4 the volumes of a node are those that K3s's provisioner made there", () => {
  const kept = `/var/lib/rancher/k3s/storage/${id(1)}_mcp_memory`;
  const elsewhere = `/mnt/disk.2/volumes/${id(2)}_data_redis-0`;
  const listed = [
    ["mcp-node", kept],
    ["backend", `/var/lib/rancher/k3s/storage/${id(3)}_data_postgres-1`],
    ["mcp-node", elsewhere],
    ["mcp-node", "/etc"],
    ["mcp-node", `/var/lib/../${id(4)}_mcp_memory`],
    ["mcp-node", `/var/lib/${id(5)}_mcp_memory; reboot`],
    ["mcp-node", `relative/${id(6)}_mcp_memory`],
    // Of another kind than local.
    ["mcp-node", ""],
    ["", ""],
    ["nothing to change"],
  ];
  const text = listed.map((columns) => `${columns.join("\t")}\n`).join("");
  expect(foldersOf(text, "mcp-node")).toEqual([elsewhere, kept]);
  expect(foldersOf(text, "frontend")).toEqual([]);
  expect(foldersOf("", "mcp-node")).toEqual([]);
});

/** The real script, with its files below a folder of the test. */
function runIn(folder: string, text: string, path = "") {
  const moved = text
    .replace("state=/var/lib/sophia", `state=${folder}/state`)
    .replaceAll("/run/sophia", `${folder}/lock`)
    .replaceAll("/usr/local/bin/k3s kubectl", `${path}kubectl`);
  const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input: moved, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "volumes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("K4 a folder that is missing is made for everybody in the pod, one that exists keeps its data and its rights", () => {
  const folder = temporary();
  const kept = join(folder, "storage", `${id(1)}_mcp_memory`);
  const lost = join(folder, "storage", `${id(2)}_mcp_other`);
  const elsewhere = join(folder, "disk/volumes", `${id(3)}_mcp_third`);
  mkdirSync(kept, { recursive: true, mode: 0o750 });
  writeFileSync(join(kept, "memory.json"), "remembered");
  const script = makeScript("mcp", [elsewhere, kept, lost]);
  const mode = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  const { code, out, err } = runIn(folder, script);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out.match(/^changed .*?:/gm)).toEqual([`changed ${elsewhere}:`, `changed ${lost}:`]);
  expect([kept, lost, elsewhere, join(folder, "disk/volumes")].map(mode)).toEqual([
    "750",
    "777",
    "777",
    "700",
  ]);
  expect(readFileSync(join(kept, "memory.json"), "utf8")).toBe("remembered");

  expect(runIn(folder, script)).toEqual({ code: 0, out: "nothing to change\n", err: "" });
  expect(runIn(folder, makeScript("mcp", []))).toEqual({ code: 0, out: "nothing to change\n", err: "" });
});

test("K4 the server's list of volumes is asked for until its API answers", () => {
  const folder = temporary();
  const listed = `mcp-node\t/var/lib/rancher/k3s/storage/${id(1)}_mcp_memory`;
  const kubectl = `#!/bin/bash
if [[ ! -e ${folder}/asked ]]; then : >${folder}/asked; echo 'refused' >&2; exit 1; fi
[[ "$*" == *"get persistentvolumes"* ]] && printf '%s\\n' '${listed}'
`;
  writeFileSync(join(folder, "kubectl"), kubectl, { mode: 0o755 });
  expect(runIn(folder, listScript(60), `${folder}/`)).toEqual({ code: 0, out: `${listed}\n`, err: "" });
});
