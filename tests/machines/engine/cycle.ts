import { access, mkdir } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { parseArgs } from "node:util";
import { run } from "../../../lab/exec.ts";
import { ensureEngine } from "../../../lab/machines/engine/engine.ts";
import { stopEngine } from "../../../lab/machines/engine/stop.ts";

// Starts and stops an engine as two labs do, in whatever namespaces this process was put, and prints what came of it.
const { values } = parseArgs({ options: { folder: { type: "string" } } });
const folder = values.folder ?? "";
const [first, second] = [`${folder}/first`, `${folder}/second`];
await mkdir(first, { recursive: true });
await mkdir(second, { recursive: true });

const text = async (command: string, args: string[]) => (await run(command, args)).stdout.trim();
const forwarding = () => text("cat", ["/proc/sys/net/ipv4/ip_forward"]);

const instances = () => text("cat", ["/proc/sys/fs/inotify/max_user_instances"]);

const before = await forwarding();
await ensureEngine(first);
await ensureEngine(second);
const running = await text("docker", ["version", "--format", "{{.Server.Version}}"]);
const bridge = "docker0" in networkInterfaces() || (await text("ip", ["-o", "link"])).includes("docker0");
const instancesWhile = Number(await instances());
const whileSecondUses = await stopEngine(first);
await text("docker", ["volume", "create", "kept"]);
const stopped = await stopEngine(second);
const again = await stopEngine(second);
console.log(
  JSON.stringify({
    running,
    bridge,
    whileSecondUses,
    stopped,
    again,
    instancesWhile,
    instancesAfter: Number(await instances()),
    forwardingBefore: before,
    forwardingAfter: await forwarding(),
    links: (await text("ip", ["-o", "link"])).includes("docker0"),
    rules: await text("iptables-save", []),
    processes: (
      await run("sh", ["-c", "ls /run/docker.pid /run/docker.sock 2>/dev/null"], { allowFailure: true })
    ).stdout,
    mounts: (await text("cat", ["/proc/self/mounts"]))
      .split("\n")
      .filter((line) => line.includes("docker/overlay")),
    record: await access("/var/lib/sophia-lab").then(
      () => true,
      () => false,
    ),
  }),
);
