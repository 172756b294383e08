/**
 * `make documents`: writes what is made from the settings' code.
 *
 *   node components/settings/documents/main.ts            writes docs/settings.md and .env.example
 *   node components/settings/documents/main.ts --check    ends with 1 when one of them is stale
 */
import { settingsSchema } from "../schema.ts";
import { readComments, settingsFolders } from "./comments.ts";
import { generate } from "./document.ts";
import { exampleFile, settingsDocument } from "./render.ts";
import { settingRows, undescribed } from "./rows.ts";

const comments = readComments("settingsSchema", settingsFolders);
const rows = settingRows(settingsSchema, comments);
const missing = undescribed(rows);
if (missing.length > 0)
  throw new Error(
    `settings without a description: ${missing.join(", ")}. Give each field a doc comment in components/settings: unit, default, what a change does`,
  );
await generate("docs/settings.md", settingsDocument(rows));
await generate(".env.example", exampleFile());
