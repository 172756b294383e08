import { totalmem } from "node:os";
import { run } from "../exec.ts";

export interface GoBuild {
  /** Folder of the module. */
  cwd: string;
  /** A file, or a folder with a slash at the end. */
  out: string;
  packages: string[];
  linkerFlags: string;
  env?: Record<string, string>;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Leaves out gRPC modules of Google's storage client, which nobody uses here: a third of what that client compiles, of
 * which Pulumi and restic each have a version. See the documentation of `cloud.google.com/go/storage`.
 */
const tags = "disable_grpc_modules";

/**
 * Builds programs from Go modules. Every build of the lab has the same compiler settings, so that what two of them share
 * is compiled once; for the same reason their artefacts are `alone: "go"`.
 */
export async function goBuild({ cwd, out, packages, linkerFlags, env, log, signal }: GoBuild): Promise<void> {
  await run("go", ["build", "-trimpath", "-tags", tags, "-ldflags", linkerFlags, "-o", out, ...packages], {
    cwd,
    env: {
      CGO_ENABLED: "0",
      // A compiler lives for seconds: collecting its garbage costs a quarter of the build, memory is there.
      GOGC: "off",
      GOMEMLIMIT: `${Math.max(512, Math.floor(totalmem() / 8 / 2 ** 20))}MiB`,
      ...env,
    },
    onLine: log,
    signal,
  });
}
