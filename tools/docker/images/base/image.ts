import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artefact, BuildContext } from "../../../artefacts/artefact.ts";
import { hashOf } from "../../../artefacts/hash.ts";
import { run } from "../../../exec.ts";
import { docker, inspect, labels } from "../../docker.ts";
import { installPackages } from "../../engine/engine.ts";
import { buildImage, imagePresent } from "../build.ts";
import { pullOfficial } from "../official.ts";
import { debianSources } from "./debian.ts";

const official = "debian:12-slim";
const certificateFolder = "/usr/local/share/ca-certificates";

const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).then(
    (names) => names.sort(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    },
  );

async function textsIn(folder: string, ending: string): Promise<{ name: string; text: string }[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(ending));
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })));
}

/** Authorities that this machine trusts beyond the usual ones: what it fetches through them, builds do, too. */
const extraCertificates = () => textsIn(certificateFolder, ".crt");

async function machineSources(): Promise<string[]> {
  const list = await readFile("/etc/apt/sources.list", "utf8").catch(() => "");
  const folder = "/etc/apt/sources.list.d";
  const further = [...(await textsIn(folder, ".list")), ...(await textsIn(folder, ".sources"))];
  return debianSources([{ name: "sources.list", text: list }, ...further]);
}

/** Lines of apt's configuration for this machine's proxy, empty where it has none. */
async function aptProxy(): Promise<string> {
  const { code, stdout } = await run("apt-config", ["dump"], { allowFailure: true }).catch(() => ({
    code: 1,
    stdout: "",
  }));
  if (code !== 0) return "";
  const lines = stdout.split("\n").filter((line) => /^Acquire::https?::Proxy /i.test(line));
  return lines.map((line) => `${line}\n`).join("");
}

/** What the official slim image is without, and the ways it makes installing packages fast. */
const slim = [
  ...["doc", "info", "man", "locale", "lintian"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  "--dpkgopt=force-unsafe-io",
  '--aptopt=Acquire::Languages "none"',
  // 70 MB that every image with a package of its own would carry again.
  '--aptopt=Dir::Cache::pkgcache ""',
  '--aptopt=Dir::Cache::srcpkgcache ""',
];

/** Makes Debian from its packages, and returns the image's name. */
async function bootstrap(
  out: string,
  { log, signal }: Pick<BuildContext, "log" | "signal">,
): Promise<string> {
  const found = await run("mmdebstrap", ["--version"], { allowFailure: true }).catch(() => undefined);
  if (found?.code !== 0) {
    if (process.getuid?.() !== 0) {
      throw new Error(
        `no image registry answers, and ${official} cannot be made without mmdebstrap. To fix it: sudo apt-get install mmdebstrap`,
      );
    }
    await installPackages(["mmdebstrap", "debian-archive-keyring"], log);
  }
  const made = "sophia-lab/debian:12-slim";
  const tar = join(out, "root.tar");
  const args = ["--variant=minbase", "--include=ca-certificates", ...slim, "bookworm", tar];
  args.push(...(await machineSources()));
  await run("mmdebstrap", args, { onLine: log, signal });
  await docker(["import", "--change", 'CMD ["bash"]', "--change", `LABEL ${labels.lab}=base`, tar, made], {
    signal,
  });
  await rm(tar);
  const present = await inspect<{ Config: { Labels: Record<string, string> | null } }>("image", official);
  // A Dockerfile that starts from Debian builds here, too; an image that somebody pulled is never renamed.
  if (!present || present.Config.Labels?.[labels.lab]) await docker(["tag", made, official]);
  return made;
}

/** Debian 12 as every lab image starts from it: pulled where a registry answers, otherwise made from its packages. */
export const baseImage: Artefact = {
  name: "image-base",
  title: "make the Debian base image",
  weight: 3,
  async key() {
    const certificates = (await extraCertificates()).map(({ text }) => text);
    const machine = [...certificates, ...(await machineSources()), await aptProxy()].join("\n");
    return hashOf(import.meta.dirname, ["Dockerfile", "image.ts", "debian.ts"], machine);
  },
  present: imagePresent,
  async build(build) {
    const start = (await pullOfficial(official, build)) ? official : await bootstrap(build.out, build);
    const context = join(build.out, "context");
    await mkdir(join(context, "certificates"), { recursive: true });
    for (const { name, text } of await extraCertificates()) {
      await writeFile(join(context, "certificates", name), text);
    }
    await writeFile(join(context, "90machine"), await aptProxy());
    const dockerfile = join(import.meta.dirname, "Dockerfile");
    await buildImage({ name: "base", dockerfile, context, args: { START: start } }, build);
    await rm(context, { recursive: true });
  },
};
