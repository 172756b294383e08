import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { waitFor } from "../../../../components/core/wait.ts";
import { obtain } from "../../../../tools/artefacts/obtain.ts";
import { cacheFolder } from "../../../../tools/repository.ts";
import { freePort } from "../ports.ts";
import { s3Server } from "./artefact.ts";

/** A real S3 server on loopback, with one empty bucket in memory. It takes every key. */
export async function startS3(bucket: string) {
  const folder = (await obtain([s3Server], { cache: cacheFolder() })).get(s3Server.name) ?? "";
  const port = await freePort();
  const args = ["-host", `127.0.0.1:${port}`, "-backend", "memory", "-initialbucket", bucket, "-quiet"];
  const server = spawn(join(folder, "gofakes3"), args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  await waitFor({ what: "the S3 server", deadline: 60, interval: 0.1 }, async () => {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    return (await fetch(`${url}/${bucket}`)).ok;
  });
  return {
    url,
    stop: async () => {
      const ended = once(server, "exit");
      server.kill();
      await ended;
    },
  };
}
