import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { images } from "../../../components/core/versions.ts";
import { scratchArtefact } from "../../../lab/images/scratch.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { hashOf } from "../../../tools/artefacts/hash.ts";
import { run } from "../../../tools/exec.ts";

const folder = join(import.meta.dirname, "slack");
const pins = ["package.json", "package-lock.json"];
/** The npm package of its release for x86-64. */
export const slackPackage = "slack-mcp-server-linux-amd64";

/** Slack's MCP server. The result is the file `mcp-server`. */
const slackServer: Artefact = {
  name: "slack-mcp-server",
  title: "install Slack's MCP server",
  key: () => hashOf(folder, pins),
  async build({ out, log, signal }) {
    const work = join(out, "package");
    await mkdir(work);
    for (const file of pins) await copyFile(join(folder, file), join(work, file));
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: work,
      onLine: log,
      signal,
    });
    await copyFile(join(work, "node_modules", slackPackage, "bin", slackPackage), join(out, "mcp-server"));
    await chmod(join(out, "mcp-server"), 0o755);
    await rm(work, { recursive: true });
  },
};

/** The program where its vendor's image has it, with nothing around it. */
export const slackImage: Artefact = scratchArtefact(
  {
    name: "slack-mcp",
    reference: images.slackMcp,
    programs: { "/usr/local/bin/mcp-server": "mcp-server" },
    entrypoint: ["/usr/local/bin/mcp-server"],
  },
  slackServer,
);
