import { readFile } from "node:fs/promises";
import { docker } from "../docker.ts";

/** Platform that the local engine builds for and runs, like `linux/amd64`. */
export async function enginePlatform(): Promise<string> {
  const { stdout } = await docker(["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]);
  return stdout.trim();
}

const variable = "${BUILDPLATFORM}";

/** A Dockerfile as `docker build` is told about it. */
export interface DockerfileInput {
  args: string[];
  /** For standard input; nothing where the file is read as it is. */
  stdin: { stdin?: string };
}

/**
 * The platform that builds has a name in Dockerfiles, which only BuildKit knows; where it is declared so that the
 * engine's older builder could be told, BuildKit takes it for empty. So the lab writes its value in its place.
 */
export async function dockerfileInput(dockerfile: string): Promise<DockerfileInput> {
  const text = await readFile(dockerfile, "utf8");
  if (!text.includes(variable)) return { args: ["--file", dockerfile], stdin: {} };
  return { args: ["--file", "-"], stdin: { stdin: text.replaceAll(variable, await enginePlatform()) } };
}
