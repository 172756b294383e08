/**
 * `make pin-images`: looks up the digests of the base images, and of third-party images where the stack file has a map for
 * them, and writes them into the stack file.
 *
 *   node images/pin/main.ts [--check] [<stack file>…]     default: Pulumi.dev.yaml and Pulumi.prod.yaml
 *
 * With `--check` nothing is written, and it exits with 1 when a digest is not the newest of its tag.
 */
import { join } from "node:path";
import { messageOf } from "../../components/core/errors.ts";
import { imagesOfOthers } from "../../components/images/roles.ts";
import { repository } from "../../tools/repository.ts";
import { pin } from "./stackFile.ts";

const given = process.argv.slice(2);
const check = given.includes("--check");
const named = given.filter((argument) => !argument.startsWith("--"));
const files =
  named.length > 0 ? named : ["Pulumi.dev.yaml", "Pulumi.prod.yaml"].map((name) => join(repository, name));

try {
  let behind = 0;
  for (const file of files) {
    const found = await pin(file, { images: imagesOfOthers, check });
    for (const line of found.lines) process.stdout.write(`${line}\n`);
    behind += found.behind;
  }
  if (check && behind > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
