import { chmod, copyFile, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artefact, BuildContext } from "../../../artefacts/artefact.ts";
import { hashOf } from "../../../artefacts/hash.ts";
import { run } from "../../../exec.ts";
import { baseImage } from "../base/image.ts";
import { buildImage, imageOf, imagePresent, keepImage } from "../build.ts";
import { pullOfficial } from "../official.ts";

const official = `node:${process.versions.node}-bookworm-slim`;
/** The npm that Node.js 24.9 comes with. */
const npmVersion = "11.6.0";

/** Settings of the machine's npm that a build needs, without any that carry a password. */
async function npmSettings(): Promise<string> {
  const registry = (await run("npm", ["config", "get", "registry"])).stdout.trim();
  const lines = ["cafile=/etc/ssl/certs/ca-certificates.crt", "update-notifier=false"];
  if (/^https?:\/\/[^@]+$/.test(registry)) lines.push(`registry=${registry}`);
  return `${lines.join("\n")}\n`;
}

/** npm's own package: it bundles what it depends on, so it needs no installation. */
async function unpackNpm(
  folder: string,
  { log, signal }: Pick<BuildContext, "log" | "signal">,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--silent", `npm@${npmVersion}`], {
    cwd: folder,
    onLine: log,
    signal,
  });
  await run("tar", ["-xzf", stdout.trim()], { cwd: folder, signal });
}

/** Node.js as images start from it: pulled where a registry answers, otherwise made from the one that runs this. */
export const nodeImage: Artefact = {
  name: "image-node",
  title: "make the Node.js base image",
  needs: [baseImage],
  key: async () =>
    hashOf(
      import.meta.dirname,
      ["Dockerfile", "image.ts"],
      process.version,
      process.arch,
      await npmSettings(),
    ),
  present: imagePresent,
  async build(build) {
    if (await pullOfficial(official, build)) return keepImage(build.out, "node", official);
    if (process.platform !== "linux") {
      throw new Error(
        `no image registry answers, and ${official} can only be made on Linux. To fix it: docker pull ${official}`,
      );
    }
    const context = join(build.out, "context");
    await unpackNpm(join(build.out, "unpacked"), build);
    await mkdir(context);
    await cp(join(build.out, "unpacked", "package"), join(context, "npm"), { recursive: true });
    await copyFile(process.execPath, join(context, "node"));
    for (const program of ["node", "npm/bin/npm-cli.js", "npm/bin/npx-cli.js"]) {
      await chmod(join(context, program), 0o755);
    }
    await writeFile(join(context, "npmrc"), await npmSettings());
    const args = { BASE: await imageOf(build.folderOf(baseImage)) };
    await buildImage(
      { name: "node", dockerfile: join(import.meta.dirname, "Dockerfile"), context, args },
      build,
    );
    for (const rest of ["context", "unpacked"]) await rm(join(build.out, rest), { recursive: true });
  },
};
