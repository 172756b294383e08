/**
 * Measures the policy pack and prints Markdown tables, as docs/security/policy-benchmarks.md has them.
 *
 *   node tests/policies/bench/main.ts              all of it
 *   node tests/policies/bench/main.ts keys         planted keys and lookalikes, beside other detectors
 *   node tests/policies/bench/main.ts manifests    200 manifests with known faults, beside other tools
 *   node tests/policies/bench/main.ts preview      time that the policies add to a preview of 300 resources
 */
import { benchKeys } from "./keys.ts";
import { benchManifests } from "./manifests.ts";
import { benchPreview } from "./preview.ts";

const parts: Record<string, () => Promise<string>> = {
  manifests: benchManifests,
  keys: benchKeys,
  preview: benchPreview,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  process.stderr.write(`no such part: ${unknown.join(", ")}; there are ${Object.keys(parts).join(", ")}\n`);
  process.exit(2);
}
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name))
    process.stdout.write(`\n## ${name}\n\n${await measure()}\n`);
}
