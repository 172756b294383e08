import { readFile } from "node:fs/promises";
import { docker } from "../machines/engine/docker.ts";

/** Platform that the local engine builds for and runs, like `linux/amd64`. */
export async function enginePlatform(): Promise<string> {
  const { stdout } = await docker(["version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"]);
  return stdout.trim();
}

/** The build argument BUILDPLATFORM for a Dockerfile that asks for it: only BuildKit knows it by itself. */
export async function buildPlatform(dockerfile: string): Promise<Record<string, string>> {
  const text = await readFile(dockerfile, "utf8");
  return /^ARG BUILDPLATFORM\b/m.test(text) ? { BUILDPLATFORM: await enginePlatform() } : {};
}
