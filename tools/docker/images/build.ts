import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artefact, BuildContext } from "../../artefacts/artefact.ts";
import { hashOf } from "../../artefacts/hash.ts";
import { repository } from "../../repository.ts";
import { docker, inspect, linesOf } from "../docker.ts";
import { pullOfficial } from "./official.ts";
import { dockerfileInput } from "./platform.ts";

interface ImageInspection {
  Id: string;
}

/** Name, in the local Docker engine, of the image that an artefact stands for: the only thing in its cache folder. */
export const imageOf = async (folder: string): Promise<string> =>
  (await readFile(join(folder, "image"), "utf8")).trim();

let listing: Promise<Set<string>> | undefined;

/** Names of the engine's images. Whoever asks while a list is on its way gets that one: a call costs a tenth of a second. */
function imageNames(): Promise<Set<string>> {
  listing ??= docker(["images", "--format", "{{.Repository}}:{{.Tag}}"])
    .then(({ stdout }) => new Set(linesOf(stdout)))
    .finally(() => {
      listing = undefined;
    });
  return listing;
}

/** Docker keeps images outside of the cache: a folder counts only while the engine still has its image. */
export async function imagePresent(folder: string): Promise<boolean> {
  const name = await imageOf(folder);
  return (await imageNames()).has(name);
}

/**
 * Names an image in the engine after its content and writes that name into `out`. Labs of several checkouts share an
 * engine: a name by content never means two things.
 */
export async function keepImage(out: string, name: string, reference: string): Promise<void> {
  const found = await inspect<ImageInspection>("image", reference);
  if (!found) throw new Error(`image ${reference} is not in the Docker engine although it was just made`);
  const tag = `sophia-lab/${name}:${found.Id.replace("sha256:", "").slice(0, 16)}`;
  await docker(["tag", reference, tag]);
  await writeFile(join(out, "image"), `${tag}\n`);
}

export interface DockerfileImage {
  /** Short name; the artefact's is `image-<name>`. */
  name: string;
  title: string;
  /** Dockerfile, relative to the repository. */
  dockerfile: string;
  /** Build context, relative to the repository. Default: the Dockerfile's folder. */
  context?: string;
  /** Files and folders that the result depends on, relative to the repository. Default: the context. */
  inputs?: string[];
  /** Published image of the same kind, which is taken instead where its registry answers. */
  official?: string;
  /** Images that the Dockerfile starts from, by the build argument that names them. */
  from: Record<string, Artefact>;
}

/** Proxies of this machine, which Docker passes to builds without keeping them in the image. */
export const proxyArguments = (): string[] =>
  ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"]
    .filter((name) => process.env[name])
    // Only the name: Docker takes the value from the environment, and no credentials show in the process list.
    .flatMap((name) => ["--build-arg", name]);

/** Builds `dockerfile` over the folder `context` and keeps the image as `keepImage` does. */
export async function buildImage(
  image: { name: string; dockerfile: string; context: string; args: Record<string, string> },
  { out, log, signal }: Pick<BuildContext, "out" | "log" | "signal">,
): Promise<void> {
  const args = Object.entries(image.args).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]);
  const temporary = `sophia-lab/building:${randomUUID()}`;
  // The machine's own network: what it reaches, a build reaches, in the same way.
  const dockerfile = await dockerfileInput(image.dockerfile);
  // A failed step leaves its container behind otherwise.
  const common = ["build", "--force-rm", "--network=host", ...dockerfile.args, "--tag", temporary];
  const options = { ...dockerfile.stdin, onLine: log, signal };
  await docker([...common, ...proxyArguments(), ...args, image.context], options);
  await keepImage(out, image.name, temporary);
  await docker(["rmi", "--no-prune", temporary]);
}

/** An image built from a Dockerfile of this repository. */
export function dockerfileImage(options: DockerfileImage): Artefact {
  const folder = options.dockerfile.split("/").slice(0, -1).join("/");
  const context = options.context ?? folder;
  return {
    name: `image-${options.name}`,
    title: options.title,
    needs: Object.values(options.from),
    key: () => hashOf(repository, [...new Set([options.dockerfile, ...(options.inputs ?? [context])])]),
    present: imagePresent,
    async build(build) {
      if (options.official && (await pullOfficial(options.official, build))) {
        return keepImage(build.out, options.name, options.official);
      }
      const args: Record<string, string> = {};
      for (const [name, artefact] of Object.entries(options.from)) {
        args[name] = await imageOf(build.folderOf(artefact));
      }
      const image = {
        name: options.name,
        dockerfile: join(repository, options.dockerfile),
        context: join(repository, context),
        args,
      };
      await buildImage(image, build);
    },
  };
}
