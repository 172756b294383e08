/**
 * `make rotation`: lists the secrets that are due for rotation, and what a new value changes.
 *
 *   node esc/rotation/main.ts [--json]
 *   node esc/rotation/main.ts --done <environment> <path>    records that a value was rotated today
 *
 * Ends with 0 when nothing is due, 1 when something is, 2 when the record cannot be used.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parse, parseDocument } from "yaml";
import { readCheckout } from "../check/material.ts";
import type { Uses } from "../uses/derive.ts";
import { dueOnes, RecordError, type RotationRecord, standings } from "./due.ts";
import { render } from "./render.ts";

const file = (name: string) => new URL(name, import.meta.url);
const recordFile = file("../rotations.yaml");
const repository = fileURLToPath(file("../.."));
const today = new Date().toISOString().slice(0, 10);

const stages = Object.keys((await readCheckout(repository)).stacks);
const text = await readFile(recordFile, "utf8");
const uses = parse(await readFile(file("../uses.yaml"), "utf8")) as Uses;
const standing = (record: string) =>
  standings({ record: (parse(record) ?? {}) as RotationRecord, stages, today, uses });

const [option, environment, path] = process.argv.slice(2);
try {
  if (option === "--done" && environment && path) {
    const document = parseDocument(text);
    document.setIn([environment, path], today);
    const changed = String(document);
    standing(changed);
    await writeFile(recordFile, changed);
    process.stdout.write(`${environment} ${path}: rotated ${today}; commit esc/rotations.yaml\n`);
  } else if (option === undefined || option === "--json") {
    const all = standing(text);
    process.stdout.write(`${option ? JSON.stringify({ today, secrets: all }) : render(all)}\n`);
    process.exitCode = dueOnes(all).length > 0 ? 1 : 0;
  } else {
    process.stderr.write("usage: node esc/rotation/main.ts [--json | --done <environment> <path>]\n");
    process.exitCode = 2;
  }
} catch (error) {
  if (!(error instanceof RecordError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
