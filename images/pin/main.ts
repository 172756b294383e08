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
import { argumentsOf } from "../../tools/commandLine.ts";
import { repository } from "../../tools/repository.ts";
import { pin } from "./stackFile.ts";

const { values, positionals } = argumentsOf(
  { options: { check: { type: "boolean" } }, allowPositionals: true },
  "usage: node images/pin/main.ts [--check] [<stack file>…]",
);
const { check = false } = values;
try {
  const defaults = ["Pulumi.dev.yaml", "Pulumi.prod.yaml"].map((name) => join(repository, name));
  const files = positionals.length > 0 ? positionals : defaults;
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
