import { CommandFailed } from "../../../exec.ts";
import { proxyArguments } from "../../../images/build.ts";
import { type DockerfileInput, dockerfileInput, enginePlatform } from "../../../images/platform.ts";
import { docker } from "../../../machines/engine/docker.ts";
import type { RequestContext } from "../kit/provider.ts";
import { Fields } from "../kit/schema.ts";
import { type Properties, redact } from "../kit/values.ts";
import { credentialsOf, parseTag, withLogin } from "./registry.ts";

function refuseOtherPlatforms(wanted: string[], engine: string): void {
  const others = wanted.filter((platform) => platform !== engine);
  if (others.length === 0) return;
  throw new Error(
    `the lab's engine builds for ${engine} only, not for ${others.join(", ")}: leave them out of the platforms`,
  );
}

const options = (name: string, values: Record<string, string>): string[] =>
  Object.entries(values).flatMap(([key, value]) => [name, `${key}=${value}`]);

/** Arguments of `docker build`, the context last. */
function buildArguments(fields: Fields, dockerfile: DockerfileInput): string[] {
  const network = fields.string("network") ?? "default";
  const flag = (name: string) => (fields.boolean(name) ? [name === "noCache" ? "--no-cache" : "--pull"] : []);
  return [
    // As for the lab's own images: what this machine reaches, a build reaches, in the same way.
    // A failed step leaves its container behind otherwise.
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

/** Digest under which a registry has an image of the engine. */
async function digestOf(tag: string): Promise<string> {
  const { registry, path } = parseTag(tag);
  const { stdout } = await docker(["image", "inspect", "--format", "{{json .RepoDigests}}", tag]);
  const digest = (JSON.parse(stdout) as string[])
    .find((each) => each.startsWith(`${registry}/${path}@`))
    ?.split("@")[1];
  if (!digest) throw new Error(`${tag} was pushed, but the engine knows no digest of it`);
  return digest;
}

/**
 * Builds an image, pushes it under all its tags, and takes the tags from the engine again: the registry has them.
 *
 * @returns what the official plugin gives: digest, and the first tag with it
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
  return withLogin(credentials, async (folder) => {
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
      // Layers stay: what starts from this image finds them.
      await docker(["rmi", "--no-prune", ...tags], { allowFailure: true });
    }
  });
}
