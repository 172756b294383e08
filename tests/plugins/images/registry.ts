import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { registryImage } from "../../../lab/images/services.ts";
import { labOf } from "../../../lab/lab.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { docker, labelArguments } from "../../../tools/docker/docker.ts";
import { ensureEngine } from "../../../tools/docker/engine/engine.ts";
import { stopEngine } from "../../../tools/docker/engine/stop.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";

/** An image registry of a test's own, on this machine, that wants a password. */
export interface TestRegistry {
  /** `127.0.0.1:<port>` */
  server: string;
  username: string;
  password: string;
  /** Names, in the engine, of images that the lab builds. */
  image(artefact: Artefact): Promise<string>;
  /** Asks the registry's API; 404 and the like are answers. */
  ask(path: string, method?: string): Promise<Response>;
  /** Also removes, from the engine, images that bear its name: the engine outlives a test. */
  close(): Promise<void>;
}

/** Removes the references to a registry's images, and images that have no other. */
async function removeImagesOf(server: string): Promise<void> {
  const format = "{{.Repository}}\t{{.Tag}}\t{{.Digest}}";
  const references = async () => {
    const { stdout } = await docker(["images", "--digests", "--format", format]);
    return stdout.split("\n").flatMap((line) => {
      const [repository = "", tag = "", digest = ""] = line.split("\t");
      if (!repository.startsWith(`${server}/`)) return [];
      return tag === "<none>" ? [`${repository}@${digest}`] : [`${repository}:${tag}`];
    });
  };
  // Tags first: the last one of an image takes its digests with it, and what is gone then is no failure.
  const found = (await references()).sort((a, b) => Number(a.includes("@")) - Number(b.includes("@")));
  for (const reference of new Set(found)) await docker(["rmi", reference], { allowFailure: true });
  const left = await references();
  if (left.length > 0)
    throw new Error(`images of the test's registry stay in the engine: ${left.join(", ")}`);
}

/** @param folder empty, and removed by the caller in the end */
export async function startRegistry(folder: string, artefacts: Artefact[] = []): Promise<TestRegistry> {
  await mkdir(folder, { recursive: true });
  await ensureEngine(folder);
  const folders = await obtain([registryImage, ...artefacts], { cache: labOf().cache });
  const image = (artefact: Artefact) => imageOf(folders.get(artefact.name) ?? "");
  const name = `sophia-test-registry-${randomBytes(4).toString("hex")}`;
  const username = "pusher";
  const password = randomBytes(18).toString("base64url");
  const users = join(folder, "htpasswd");
  await writeFile(users, `${username}:${(await hash(password, 4)).replace("$2b$", "$2y$")}\n`);
  const settings = ["REGISTRY_AUTH=htpasswd", "REGISTRY_AUTH_HTPASSWD_REALM=test"];
  await docker([
    ...["run", "--detach", "--name", name, ...labelArguments({ name, folder })],
    ...["--publish", "127.0.0.1::5000", "--mount", `type=bind,source=${users},target=/htpasswd,readonly`],
    ...[...settings, "REGISTRY_AUTH_HTPASSWD_PATH=/htpasswd"].flatMap((each) => ["--env", each]),
    await image(registryImage),
  ]);
  const { stdout } = await docker(["port", name, "5000/tcp"]);
  const server = stdout.trim();
  const Authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const ask = (path: string, method = "GET") =>
    fetch(`http://${server}/v2/${path}`, {
      method,
      headers: {
        Authorization,
        Accept: "application/vnd.docker.distribution.manifest.v2+json",
      },
    });
  await waitFor({ what: "the test's registry", deadline: 120, interval: 0.2 }, async () => {
    const { status } = await ask("");
    return status === 200 || notYet(`it answers ${status}`);
  });
  return {
    server,
    username,
    password,
    image,
    ask,
    async close() {
      await docker(["rm", "--force", "--volumes", name]);
      await removeImagesOf(server);
      await stopEngine(folder);
    },
  };
}
