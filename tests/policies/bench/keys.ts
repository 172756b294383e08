import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { repository } from "../../../tools/repository.ts";
import { type Content, corpus, ownTree, type Planted } from "./keys/corpus.ts";
import { checkov, type Detector, gitleaks, ours } from "./keys/detectors.ts";
import { places } from "./keys/places.ts";
import { benchRecall } from "./keys/recall.ts";
import { Draw } from "./manifests/random.ts";
import { isMissing, ready } from "./obtain.ts";
import { checkovPackages, gitleaksBinary } from "./tools/artefacts.ts";

/** Longest time that the scan of this repository may take, in seconds of the processor, Node's own start included. */
const limit = 2;

const share = (part: number, whole: number) => `${part} of ${whole} (${Math.floor((100 * part) / whole)} %)`;
const table = (head: string[], rows: (string | number)[][]) =>
  [
    `| ${head.join(" | ")} |`,
    `|${"---|".repeat(head.length)}`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");

/** Runs a detector over some files, and measures how long it took. */
async function measure(detector: Detector, files: Content[]) {
  const folder = await mkdtemp(join(tmpdir(), "sophia-keys-"));
  try {
    for (const { file, text } of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    const start = performance.now();
    const found = await detector.find(folder, files);
    return { found, seconds: ((performance.now() - start) / 1000).toFixed(1) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What `node policies/scan.ts` prints last, and the seconds of the processor that it takes. */
function ownScan(): { line: string; seconds: number } {
  // `times` prints what the shell used, and in its second line what its children used: user and system.
  const command = `${quote(process.execPath)} policies/scan.ts && times`;
  const printed = execFileSync("sh", ["-c", command], { cwd: repository, encoding: "utf8" })
    .trim()
    .split("\n");
  const seconds = [...(printed.at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
  );
  return { line: printed.at(-3) ?? "", seconds: seconds.reduce((sum, each) => sum + each, 0) };
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Recall of one detector in each place. */
const byPlace = (files: Planted[], found: Set<string>): string[] =>
  places.map(({ name }) => {
    const here = files.filter(({ kind, place }) => kind !== "lookalike" && place === name);
    return `${Math.floor((100 * here.filter(({ file }) => found.has(file)).length) / here.length)} %`;
  });

/**
 * Planted keys and lookalikes, and this repository, before this detector, gitleaks and checkov, as tables.
 * @throws when the scan of this repository finds a key or takes longer than its limit
 */
export async function benchKeys(): Promise<string> {
  const scanned = ownScan();
  const draw = new Draw(randomInt(2 ** 32));
  const files = corpus(draw);
  const own = ownTree();
  const of = (kind: Planted["kind"]) => files.filter((each) => each.kind === kind);
  const rows: string[][] = [];
  const inPlaces = new Map<string, string[]>();
  const missing: string[] = [];
  const missed: string[] = [];
  for (const detector of [
    ours,
    await ready(gitleaksBinary, gitleaks),
    await ready(checkovPackages, checkov),
  ]) {
    if (isMissing(detector)) {
      missing.push(`${detector.name} is missing: ${detector.because}`);
      continue;
    }
    const { found, seconds } = await measure(detector, files);
    const cells = (["format", "name", "lookalike"] as const).map((kind) =>
      share(of(kind).filter(({ file }) => found.has(file)).length, of(kind).length),
    );
    const keys = files.filter(({ kind, file }) => kind !== "lookalike" && found.has(file)).length;
    const tree = await measure(detector, own);
    const reported = `${tree.found.size} files, ${tree.seconds} s`;
    rows.push([detector.name, ...cells, share(keys, found.size), seconds, reported]);
    inPlaces.set(detector.name, byPlace(files, found));
    if (detector === ours)
      missed.push(
        ...files
          .filter(({ kind, file }) => (kind !== "lookalike") !== found.has(file))
          .map(({ kind, place, file }) => `${kind} in ${place} (${file}) is judged wrongly`),
      );
  }
  const size = own.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / 1e6;
  const head = [
    "",
    "keys of known formats, found",
    "values with a telling name, found",
    "lookalikes, reported",
    "precision",
    "seconds",
    `reported in this repository, ${own.length} files, ${size.toFixed(1)} MB`,
  ];
  const names = [...inPlaces.keys()];
  const perPlace = places.map(({ name }, index) => [
    name,
    ...names.map((each) => inPlaces.get(each)?.[index] ?? ""),
  ]);
  if (scanned.seconds > limit)
    throw new Error(
      `the scan of this repository takes ${scanned.seconds} s of the processor, more than ${limit} s`,
    );
  return [
    table(head, rows),
    table(["keys and values found in", ...names], perPlace),
    benchRecall(draw),
    `\`node policies/scan.ts\`: ${scanned.line}; ${scanned.seconds.toFixed(1)} s of the processor`,
    ...missed,
    ...missing,
  ].join("\n\n");
}
