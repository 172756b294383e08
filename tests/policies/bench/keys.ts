import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { run } from "../../../lab/exec.ts";
import { repository } from "../../../lab/lab.ts";
import { leaksIn } from "../../../policies/scan.ts";
import { genericValue, lookalikes, plantedKeys, symbolValue } from "../../unit/policies/keys.ts";
import { isMissing, ready } from "./obtain.ts";
import { checkovPackages, gitleaksBinary, pinned } from "./tools/artefacts.ts";
import { checkovOver } from "./tools/checkov.ts";

/** One file of the corpus. */
interface Planted {
  file: string;
  text: string;
  /** What is in it is a key: of a known format, or with nothing but a name that tells. */
  kind: "format" | "name" | "lookalike";
}

interface Place {
  file(name: string): string;
  wrap(text: string): string;
}

/** The places in which a text may stand in a repository. */
const places: Place[] = [
  { file: (name) => `${name}.txt`, wrap: (text) => `notes\n${text}\n` },
  {
    file: (name) => `${name}.yaml`,
    wrap: (text) => `data:\n  file: |\n${text.replaceAll(/^/gm, "    ")}\n`,
  },
  { file: (name) => `${name}.json`, wrap: (text) => `${JSON.stringify({ note: { text } }, null, 2)}\n` },
  { file: (name) => `${name}.sh`, wrap: (text) => `#!/bin/sh\ncat <<'END'\n${text}\nEND\n` },
  { file: (name) => `${name}.ts`, wrap: (text) => `export const text = ${JSON.stringify(text)};\n` },
  // A stack file of Pulumi's: what somebody set without --secret.
  {
    file: (name) => `Pulumi.${name}.yaml`,
    wrap: (text) => `config:\n  sophia-infra:note: ${JSON.stringify(text)}\n`,
  },
];

/** How people write down a secret value that has no format of its own. */
const notations: ((value: string) => string)[] = [
  (value) => `DB_PASSWORD=${value}`,
  (value) => `api_key: "${value}"`,
  (value) => `clientSecret = '${value}'`,
  (value) => `serve --token '${value}' --port 80`,
  (value) => `ENV APP_API_KEY ${value}`,
  (value) => `sophia-infra:lambdaApiKey: '${value}'`,
];

/** Keys and lookalikes in every place, made up anew for each run. */
function corpus(): Planted[] {
  const inPlaces = (name: string, kind: Planted["kind"], text: string): Planted[] =>
    places.map(({ file, wrap }) => ({ file: file(name), text: wrap(text), kind }));
  return [
    ...plantedKeys().flatMap(({ key }, index) => inPlaces(`format-${index}`, "format", key)),
    ...notations.flatMap((write, index) => [
      ...inPlaces(`name-${index}`, "name", write(genericValue())),
      ...inPlaces(`punctuated-${index}`, "name", write(symbolValue())),
    ]),
    ...Object.values(lookalikes()).flatMap((text, index) => inPlaces(`like-${index}`, "lookalike", text)),
  ];
}

/** The tracked files of this repository, as the corpus has them. */
function ownTree(): Pick<Planted, "file" | "text">[] {
  const listed = execFileSync("git", ["-C", repository, "ls-files", "-z"], { maxBuffer: 2 ** 28 });
  return listed
    .toString()
    .split("\0")
    .filter((file) => file !== "" && statSync(join(repository, file), { throwIfNoEntry: false })?.isFile())
    .map((file) => ({ file, text: readFileSync(join(repository, file), "utf8") }));
}

interface Detector {
  name: string;
  /** Names of the files in which it found something. */
  find(folder: string, files: Pick<Planted, "file" | "text">[]): Promise<Set<string>>;
}

const ours: Detector = {
  name: "this detector",
  find: async (_folder, files) =>
    new Set(files.filter(({ file, text }) => leaksIn(file, text).length > 0).map(({ file }) => file)),
};

const gitleaksReport = z.array(z.looseObject({ File: z.string() }));

async function gitleaks(artefact: string): Promise<Detector> {
  return {
    name: `gitleaks ${await pinned("go/gitleaks/go.mod", /gitleaks\/v8 v(\S+)/)}, decoding 3 layers`,
    async find(folder) {
      const aside = await mkdtemp(join(tmpdir(), "sophia-gitleaks-"));
      try {
        const report = join(aside, "report.json");
        const options = [
          "--no-banner",
          "--log-level",
          "error",
          "--exit-code",
          "0",
          "--max-decode-depth",
          "3",
        ];
        await run(join(artefact, "gitleaks"), ["dir", folder, ...options, "--report-path", report]);
        const found = gitleaksReport.parse(JSON.parse(await readFile(report, "utf8")));
        return new Set(found.map(({ File }) => relative(folder, File)));
      } finally {
        await rm(aside, { recursive: true, force: true });
      }
    },
  };
}

async function checkov(packages: string): Promise<Detector> {
  return {
    name: `checkov ${await pinned("checkov/requirements.txt", /^checkov==(\S+)$/m)} --framework secrets`,
    find: async (folder) =>
      new Set((await checkovOver(packages, folder, ["secrets"], (path) => path.replace(/^\/+/, ""))).keys()),
  };
}

const share = (part: number, whole: number) => `${part} of ${whole} (${Math.round((100 * part) / whole)} %)`;

/** Lets a detector look at some files, and says how long it took. */
async function look(detector: Detector, files: Pick<Planted, "file" | "text">[]) {
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

/** Planted keys and lookalikes, and this repository, before this detector, gitleaks and checkov, as a table. */
export async function benchKeys(): Promise<string> {
  const files = corpus();
  const own = ownTree();
  const of = (kind: Planted["kind"]) => files.filter((each) => each.kind === kind);
  const rows: string[] = [];
  const missing: string[] = [];
  const detectors = [ours, await ready(gitleaksBinary, gitleaks), await ready(checkovPackages, checkov)];
  for (const detector of detectors) {
    if (isMissing(detector)) {
      missing.push(`${detector.name} is missing: ${detector.because}`);
      continue;
    }
    const { found, seconds } = await look(detector, files);
    const cells = (["format", "name", "lookalike"] as const).map((kind) =>
      share(of(kind).filter(({ file }) => found.has(file)).length, of(kind).length),
    );
    const keys = files.filter(({ kind, file }) => kind !== "lookalike" && found.has(file)).length;
    const tree = await look(detector, own);
    const told = `${tree.found.size} files, ${tree.seconds} s`;
    rows.push(`| ${[detector.name, ...cells, share(keys, found.size), seconds, told].join(" | ")} |`);
  }
  const size = own.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / 1e6;
  const head = [
    "",
    "keys of known formats",
    "keys with a telling name",
    "lookalikes",
    "precision",
    "seconds",
    `reported in this repository, ${own.length} files, ${size.toFixed(1)} MB`,
  ];
  const line = `| ${head.join(" | ")} |\n|${"---|".repeat(head.length)}`;
  return [[line, ...rows].join("\n"), ...missing].join("\n\n");
}
