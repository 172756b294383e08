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
import { settingRows } from "./rows.ts";

const comments = readComments("settingsSchema", settingsFolders);
await generate("docs/settings.md", settingsDocument(settingRows(settingsSchema, comments)));
await generate(".env.example", exampleFile());
