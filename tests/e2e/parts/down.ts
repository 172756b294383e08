import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../../../lab/exec.ts";
import { files } from "../../../lab/lab.ts";
import { command, lab, minutes, status } from "../lab.ts";

/** What is left afterwards. */
export function down() {
  test(
    "leaves no container, volume, network, process or folder of the lab",
    async () => {
      const { report } = await status();
      const address = report.hosts[0]?.address ?? "";
      const { code, stderr } = await command("down");
      expect(code, stderr).toBe(0);
      const engine = (await run("docker", ["info"], { allowFailure: true })).code === 0;
      for (const kind of engine ? ["container", "volume", "network"] : []) {
        const list = await run("docker", [
          kind,
          "ls",
          ...(kind === "container" ? ["-a"] : []),
          "-q",
          "--filter",
          `label=ai.sophia.lab=${lab.name}`,
        ]);
        expect(list.stdout, kind).toBe("");
      }
      const mine = (await run("ps", ["axww", "-o", "args"])).stdout
        .split("\n")
        .filter((line) => line.includes(`${lab.name}/`) && line.includes("lab/"));
      expect(mine.filter((line) => !line.includes("vitest") && !line.includes("tests/run.ts"))).toEqual([]);
      expect(existsSync(files(lab).backend)).toBe(false);
      await expect(
        fetch(`http://${address}:8080/health`, { signal: AbortSignal.timeout(2000) }),
      ).rejects.toThrow();
    },
    5 * minutes,
  );
}
