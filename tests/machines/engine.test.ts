import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../tools/exec.ts";

const able = process.platform === "linux" && process.getuid?.() === 0;

describe.skipIf(!able)("the engine's life (Linux and root only)", () => {
  test("started where none runs, revived when killed, kept while a lab needs it, stopped without a trace", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sophia-engine-"));
    try {
      const script = join(import.meta.dirname, "engine/cycle.sh");
      const { stdout } = await run("unshare", ["--net", "--mount", "sh", script, folder], {
        env: { DOCKER_HOST: undefined },
      });
      const seen = JSON.parse(stdout);
      expect(seen).toMatchObject({
        running: expect.stringMatching(/^[0-9]+\./),
        bridge: true,
        revivedForStranger: false,
        revived: true,
        whileSecondUses: { stopped: false, because: expect.stringContaining("/second uses it") },
        stopped: { stopped: true },
        again: { stopped: false },
        instancesWhile: 8192,
        instancesAfter: 128,
        forwardingBefore: "0",
        forwardingAfter: "0",
        links: false,
        processes: [],
        mounts: [],
        record: false,
      });
      expect(seen.rules).not.toMatch(/DOCKER|docker0|:FORWARD DROP/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
