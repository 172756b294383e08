import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { waitFor } from "../../../../components/core/wait.ts";
import { obtain } from "../../../../tools/artefacts/obtain.ts";
import { cacheFolder } from "../../../../tools/repository.ts";
import { freePort } from "../ports.ts";
import { s3Server } from "./artefact.ts";

/** A key of the bucket. */
interface S3Key {
  secret: string;
  /** HTTP methods that it may not use. */
  refused?: ("PUT" | "DELETE")[];
}

/**
 * A real S3 server with one empty bucket in memory, which refuses what is not signed with one of its keys.
 *
 * @param keys by their ids
 * @param host address of this machine at which it listens
 */
export async function startS3(bucket: string, keys: Record<string, S3Key>, host = "127.0.0.1") {
  const folder = (await obtain([s3Server], { cache: cacheFolder() })).get(s3Server.name) ?? "";
  const address = `${host}:${await freePort()}`;
  const server = spawn(join(folder, s3Server.name), [address], { stdio: ["pipe", "ignore", "inherit"] });
  server.stdin.end(JSON.stringify({ bucket, keys }));
  const url = `http://${address}`;
  await waitFor({ what: "the S3 server", deadline: 240, interval: 0.1 }, async () => {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    // Nothing is signed here.
    return (await fetch(url)).status === 403;
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
