/**
 * `make documents`: writes what is made from the settings' code.
 *
 *   node components/settings/documents/main.ts            writes docs/settings.md and .env.example
 *   node components/settings/documents/main.ts --check    ends with 1 when one of them is stale
 */
import { readFile, writeFile } from "node:fs/promises";
import { settingsSchema } from "../schema.ts";
import { readComments, settingsFolders } from "./comments.ts";
import { exampleFile, settingsDocument } from "./render.ts";
import { settingRows } from "./rows.ts";

const repository = new URL("../../../", import.meta.url);
const comments = readComments("settingsSchema", settingsFolders);
const documents = {
  "docs/settings.md": settingsDocument(settingRows(settingsSchema, comments)),
  ".env.example": exampleFile(),
};
for (const [name, text] of Object.entries(documents)) {
  const file = new URL(name, repository);
  if (process.argv[2] !== "--check") await writeFile(file, text);
  else if ((await readFile(file, "utf8").catch(() => "")) !== text) {
    process.stderr.write(`${name} is stale: run \`make documents\`\n`);
    process.exitCode = 1;
  }
}
