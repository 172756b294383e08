import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { z } from "zod";
import { run } from "../../../lab/exec.ts";
import { leaksIn } from "../../../policies/scan.ts";
import { genericValue, lookalikes, plantedKeys } from "../../unit/policies/keys.ts";
import { isMissing, ready } from "./obtain.ts";
import { checkovPackages, gitleaksBinary, pinned } from "./tools/artefacts.ts";
import { checkovOver } from "./tools/checkov.ts";
import type { Missing } from "./tools/tool.ts";

/** One file of the corpus. */
interface Planted {
  file: string;
  text: string;
  /** What is in it is a key: of a known format, or with nothing but a name that tells. */
  kind: "format" | "name" | "lookalike";
}

/** The places in which a text may stand in a repository, by file name ending. */
const places: Record<string, (text: string) => string> = {
  ".txt": (text) => `notes\n${text}\n`,
  ".yaml": (text) => `data:\n  file: |\n${text.replaceAll(/^/gm, "    ")}\n`,
  ".json": (text) => `${JSON.stringify({ note: { text } }, null, 2)}\n`,
  ".sh": (text) => `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`,
  ".ts": (text) => `export const text = ${JSON.stringify(text)};\n`,
};

/** How people write down a secret value that has no format of its own. */
const notations: ((value: string) => string)[] = [
  (value) => `DB_PASSWORD=${value}`,
  (value) => `api_key: "${value}"`,
  (value) => `clientSecret = '${value}'`,
  (value) => `serve --token ${value} --port 80`,
  (value) => `ENV APP_API_KEY ${value}`,
];

/** Keys and lookalikes in every place, made up anew for each run. */
function corpus(): Planted[] {
  const inPlaces = (name: string, kind: Planted["kind"], text: string): Planted[] =>
    Object.entries(places).map(([ending, wrap]) => ({ file: `${name}${ending}`, text: wrap(text), kind }));
  return [
    ...plantedKeys().flatMap(({ key }, index) => inPlaces(`format-${index}`, "format", key)),
    ...notations.flatMap((write, index) => inPlaces(`name-${index}`, "name", write(genericValue()))),
    ...Object.values(lookalikes()).flatMap((text, index) => inPlaces(`like-${index}`, "lookalike", text)),
  ];
}

interface Detector {
  name: string;
  /** Names of the files in which it found something. */
  find(folder: string, files: Planted[]): Promise<Set<string>>;
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
        return new Set(found.map(({ File }) => basename(File)));
      } finally {
        await rm(aside, { recursive: true, force: true });
      }
    },
  };
}

async function checkov(packages: string): Promise<Detector> {
  return {
    name: `checkov ${await pinned("checkov/requirements.txt", /^checkov==(\S+)$/m)} --framework secrets`,
    find: async (folder) => new Set((await checkovOver(packages, folder, ["secrets"])).keys()),
  };
}

const share = (part: number, whole: number) => `${part} of ${whole} (${Math.round((100 * part) / whole)} %)`;

/** Planted keys and lookalikes before this detector, gitleaks and checkov, as a table. */
export async function benchKeys(): Promise<string> {
  const files = corpus();
  const folder = await mkdtemp(join(tmpdir(), "sophia-keys-"));
  try {
    await mkdir(folder, { recursive: true });
    for (const { file, text } of files) await writeFile(join(folder, file), text);
    const detectors: (Detector | Missing)[] = [
      ours,
      await ready(gitleaksBinary, gitleaks),
      await ready(checkovPackages, checkov),
    ];
    const rows: string[] = [];
    const missing: string[] = [];
    for (const detector of detectors) {
      if (isMissing(detector)) {
        missing.push(`${detector.name} is missing: ${detector.because}`);
        continue;
      }
      const start = performance.now();
      const found = await detector.find(folder, files);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const of = (kind: Planted["kind"]) => files.filter((each) => each.kind === kind);
      const cells = (["format", "name", "lookalike"] as const).map((kind) =>
        share(of(kind).filter(({ file }) => found.has(file)).length, of(kind).length),
      );
      const right = [...found].filter((file) => !file.startsWith("like-")).length;
      rows.push(`| ${[detector.name, ...cells, share(right, found.size), seconds].join(" | ")} |`);
    }
    const head =
      "| | keys of known formats | keys with a telling name | lookalikes | precision | seconds |\n|---|---|---|---|---|---|";
    return [[head, ...rows].join("\n"), ...missing].join("\n\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
