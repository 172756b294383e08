import { lockTimeout, script, shellFile } from "../shell/script.ts";

const read = (name: string) => shellFile(name, import.meta.url);

/** Runs on the server, before a node joins: prints the node and the folder of each local volume. */
export function listScript(deadline: number): string {
  return script({
    title: "list the volumes",
    body: shellFile("../node/kubectl.sh", import.meta.url) + read("list.sh"),
    variables: { DEADLINE: deadline },
  });
}

/** A folder of K3s's provisioner, below whatever folder K3s is told to keep volumes in. */
const provisioned = /^(\/[\w.-]+)+\/pvc-[0-9a-f-]{36}_[a-z0-9.-]+_[a-z0-9.-]+$/;

/**
 * The folders of a node's volumes. A volume that something else than K3s's provisioner made is left out: its path may be
 * anything, and the script runs as root. Pure.
 *
 * @param listed what `listScript` printed
 */
export function foldersOf(listed: string, node: string): string[] {
  return listed
    .split("\n")
    .map((line) => line.split("\t"))
    .flatMap(([on, folder = ""]) => (on === node && provisioned.test(folder) ? [folder] : []))
    .filter((folder) => !folder.split("/").includes(".."))
    .sort();
}

/** Runs on the host: makes the folders that it lacks, and touches none that exists. Pure. */
export function makeScript(host: string, folders: readonly string[]): string {
  return script({
    title: `folders of volumes on ${host}`,
    body: read("make.sh"),
    exclusive: lockTimeout,
    variables: { FOLDERS: folders.join("\n") },
  });
}
