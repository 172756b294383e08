/**
 * Part of `make documents`: what follows from the list of secrets and from the program.
 *
 *   node esc/documents.ts            writes esc/sophia/{base,defaults}.yaml and esc/uses.yaml
 *   node esc/documents.ts --check    ends with 1 when one of them is stale
 */
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { generate } from "../components/settings/documents/document.ts";
import { baseText, defaultsText, header } from "./environments.ts";
import { deriveUses } from "./uses/derive.ts";

await generate("esc/sophia/base.yaml", baseText());
await generate("esc/sophia/defaults.yaml", defaultsText());
// Last, because it runs the program, which fails while it is being changed.
await generate(
  "esc/uses.yaml",
  `${header}\n${stringify(await deriveUses(fileURLToPath(new URL("..", import.meta.url))))}`,
);
