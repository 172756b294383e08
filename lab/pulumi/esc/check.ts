/** `make esc`: whether the ESC environments in git give each stack just what its program reads. Offline. */
import { judge } from "../../../esc/check/judge.ts";
import { questionOf, readCheckout } from "../../../esc/check/material.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import { repository } from "../../../tools/repository.ts";
import { labOf } from "../../lab.ts";
import { Progress } from "../../terminal/progress.ts";
import { escEvaluator } from "./artefact.ts";
import { evaluate } from "./evaluator.ts";

const progress = new Progress();
const folders = await obtain([escEvaluator], {
  cache: labOf().cache,
  onEvent: (event) => progress.artefact(event),
});
const checkout = await readCheckout(process.argv[2] ?? repository);
const folder = folders.get(escEvaluator.name) ?? "";
const reports = await evaluate(folder, questionOf(checkout));
const sparse = await evaluate(folder, questionOf(checkout, "required"));
const faults = judge({ ...checkout, reports, sparse });
for (const { file, line, column, message } of faults) {
  process.stdout.write(`${file}:${line}:${column}: ${message}\n`);
}
const counted = `${Object.keys(checkout.environments).length} environments for ${Object.keys(checkout.stacks).length} stacks`;
process.stdout.write(faults.length === 0 ? `✔ ${counted}\n` : `✘ ${counted}: ${faults.length} faults\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
