import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../tools/repository.ts";

const text = readFileSync(join(repository, "docs/runbooks/backup.md"), "utf8");

const inRedis = [...text.matchAll(/redis-0 -- sh -e?c '([^']+)'/g)].map(([, script = ""]) => script);

/** What the runbook has run in Redis's pod: the copy, its reading back in two commands, the removal of what was there. */
export const redisCommands = {
  copy: inRedis[0] ?? "",
  prepare: inRedis[1] ?? "",
  exchange: inRedis[2] ?? "",
  remove: /redis-0 -- (rm -r [^`]+)`/.exec(text)?.[1] ?? "",
};

/** A command of the runbook for Redis's pod, for a Redis of this machine. Pure. */
export const atRedis = (script: string, folder: string, port: number): string =>
  script
    .replaceAll("/run/secrets/redis", join(folder, "secrets"))
    .replaceAll("/run/secrets/tls", join(folder, "tls"))
    .replaceAll(/(?<![\w.-])\/data/g, join(folder, "data"))
    .replaceAll("redis-cli ", `redis-cli -p ${port} `);

/** The block of shell commands in which a text stands. @throws when there is none */
export function shellBlock(part: string): string {
  const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, block = ""]) => block);
  const [found, ...more] = blocks.filter((block) => block.includes(part));
  if (found === undefined || more.length > 0) throw new Error(`the runbook has no one block with ${part}`);
  return found;
}
