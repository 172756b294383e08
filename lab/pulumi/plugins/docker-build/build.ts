import { docker } from "../../../../tools/docker/docker.ts";
import { proxyArguments } from "../../../../tools/docker/images/build.ts";
import {
  type DockerfileInput,
  dockerfileInput,
  enginePlatform,
} from "../../../../tools/docker/images/platform.ts";
import { withLogins } from "../../../../tools/docker/login.ts";
import { CommandFailed } from "../../../../tools/exec.ts";
import type { RequestContext } from "../kit/provider.ts";
import { redact } from "../kit/redact.ts";
import { Fields } from "../kit/schema.ts";
import type { Properties } from "../kit/values.ts";
import { credentialsOf, parseTag } from "./registry.ts";

function refuseOtherPlatforms(wanted: string[], engine: string): void {
  const others = wanted.filter((platform) => platform !== engine);
  if (others.length === 0) return;
  throw new Error(
    `the lab's Docker engine builds for ${engine} only, not for ${others.join(", ")}: remove them from platforms`,
  );
}

const options = (name: string, values: Record<string, string>): string[] =>
  Object.entries(values).flatMap(([key, value]) => [name, `${key}=${value}`]);

/** Arguments of `docker build`, the context last. */
function buildArguments(fields: Fields, dockerfile: DockerfileInput): string[] {
  const network = fields.string("network") ?? "default";
  const flag = (name: string) => (fields.boolean(name) ? [name === "noCache" ? "--no-cache" : "--pull"] : []);
  return [
    // The host's network, as for the lab's images, so that a build reaches the same sites as this machine.
    // `--force-rm` also removes the container of a failed step.
    ...["build", "--force-rm", ...dockerfile.args, "--network", network === "default" ? "host" : network],
    ...proxyArguments(),
    ...options("--build-arg", fields.texts("buildArgs")),
    ...options("--label", fields.texts("labels")),
    ...(fields.strings("tags") ?? []).flatMap((tag) => ["--tag", tag]),
    ...[...flag("noCache"), ...flag("pull")],
    ...(fields.string("target") === undefined ? [] : ["--target", fields.string("target") ?? ""]),
    fields.object("context")?.string("location") ?? "",
  ];
}

/** The digest of a pushed image in its registry. */
async function digestOf(tag: string): Promise<string> {
  const { registry, path } = parseTag(tag);
  const { stdout } = await docker(["image", "inspect", "--format", "{{json .RepoDigests}}", tag]);
  const digest = (JSON.parse(stdout) as string[])
    .find((each) => each.startsWith(`${registry}/${path}@`))
    ?.split("@")[1];
  if (!digest) throw new Error(`${tag} was pushed, but the Docker engine reports no digest for it`);
  return digest;
}

/**
 * Builds an image, pushes it under all its tags, and removes the tags from the engine.
 *
 * @returns The outputs of the official plugin: the digest, and the first tag with the digest.
 */
export async function buildAndPush(
  inputs: Properties,
  { signal, log }: RequestContext,
): Promise<{ digest: string; ref: string }> {
  const fields = new Fields(inputs);
  const tags = fields.strings("tags") ?? [];
  for (const tag of tags) parseTag(tag);
  const credentials = credentialsOf(inputs);
  const hidden = credentials.map(({ password }) => password);
  const engine = await enginePlatform();
  refuseOtherPlatforms(fields.strings("platforms") ?? [], engine);
  return withLogins(credentials, async (folder) => {
    const run = async (what: string, args: string[], stdin: DockerfileInput["stdin"] = {}) => {
      const onLine = (line: string) =>
        log({ severity: "info", message: redact(line, hidden), ephemeral: true });
      try {
        await docker(args, { ...stdin, env: { DOCKER_CONFIG: folder }, onLine, signal });
      } catch (error) {
        if (!(error instanceof CommandFailed)) throw error;
        throw new Error(redact(`${what} failed: ${error.message}`, hidden));
      }
    };
    const file = fields.object("dockerfile")?.string("location") ?? "";
    const dockerfile = await dockerfileInput(file);
    await run(`building ${tags[0]} from ${file}`, buildArguments(fields, dockerfile), dockerfile.stdin);
    try {
      for (const tag of tags) await run(`pushing ${tag}`, ["push", tag]);
      const digest = await digestOf(tags[0] ?? "");
      return { digest, ref: `${tags[0]}@${digest}` };
    } finally {
      // The layers are kept for images that are based on this one.
      await docker(["rmi", "--no-prune", ...tags], { allowFailure: true });
    }
  });
}
