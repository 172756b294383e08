import { gzipSync } from "node:zlib";
import type { detect, stringsOf } from "../../../../policies/detector/detect.ts";
import type { leaksIn } from "../../../../policies/scan.ts";
import { Draw } from "../../../policies/bench/manifests/random.ts";
import { lookalikes } from "../keys/lookalikes.ts";
import { names } from "../keys/names.ts";
import { plantedKeys } from "../keys/planted.ts";
import { alphabets, awkwardValues, genericValue, lengths } from "../keys/values.ts";

const keys = plantedKeys();
const value = genericValue();
const values = Object.values(alphabets).flatMap((alphabet) =>
  lengths.flatMap((length) => new Draw(length).text(alphabet, length)),
);
const awkward = awkwardValues();
const harmless = [...Object.values(lookalikes()), ...names.map((each) => `api_token: "${each}"\n`)];

/** A value under a secret's name, in each notation. */
const named = [
  `export CLIENT_SECRET=${value}; run`,
  `password: ${value}`,
  `api_key = "${value}"`,
  `api_key = "${value}ü"`,
  JSON.stringify({ secretKey: value }),
  `A=1\nDB_PASSWORD=(${value})\n`,
  `ENV DB_PASSWORD ${value}`,
  `CMD ["redis-cli", "-a", "${value}", "ping"]`,
  `serve --token ${value} --port 80`,
  `args:\n  - --token\n  - <${value}>\n`,
  `env:\n  - name: DB_PASSWORD\n    value: ${value}\n`,
  `{"name": "DB_PASSWORD", "value": "${value}"}`,
  `password: >-\n  ${value}\n`,
  `--password=${value}`,
  `const text = "DB_PASSWORD=(${value})";`,
  `machine a login b password 7${value}`,
  `set_password("${value}0")`,
  `<password>${value}</password>`,
  `password:\n  value: ${value}\n`,
];

const [{ key } = { key: "" }] = keys;
const padded = `# ${"x".repeat(70)}\n# ü\n${key}\n# ${"y".repeat(70)}\n`;
const lines = (width: number, end: string) =>
  Buffer.from(padded)
    .toString("base64")
    .replaceAll(new RegExp(`.{${width}}`, "g"), `$&${end}`);

const damaged = gzipSync(`${key}\n${new Draw(1).text(alphabets.base64, 9000)}`);
damaged.writeUInt32LE((damaged.readUInt32LE(damaged.length - 8) ^ 1) >>> 0, damaged.length - 8);

/** A key in each encoding, with the encodings that must be named. */
const encoded: [text: string, inside: string][] = [
  [Buffer.from(key).toString("base64"), "base64"],
  [`x: ${lines(76, "\n")}\nend\n`, "base64"],
  [lines(64, "\r\n"), "base64"],
  [lines(76, "\n    "), "base64"],
  [lines(64, "\\n"), "base64"],
  [lines(64, '",\n  "'), "base64"],
  [lines(76, "\n# "), "base64"],
  [gzipSync(key).toString("base64"), "base64/gzip"],
  [Buffer.from(padded, "utf16le").toString("base64"), "base64/UTF-16"],
  [Buffer.from(padded, "utf16le").swap16().toString("base64"), "base64/UTF-16"],
  [Buffer.concat([Buffer.from([0, 200]), Buffer.from(key)]).toString("base64"), "base64"],
  [Buffer.concat([Buffer.alloc(900), Buffer.from(key), Buffer.alloc(900)]).toString("base64"), "base64"],
  [damaged.toString("base64"), "base64/gzip"],
  [`x: ${Buffer.from(key).toString("hex")}\nend\n`, "hexadecimal"],
  ...["k", "k_", "k/7", `${Buffer.from(`${"a".repeat(20)}\x01`).toString("base64")}k`].map(
    (before): [string, string] => [`x ${before}${Buffer.from(padded).toString("base64")}`, "base64"],
  ),
  [JSON.stringify({ a: [Buffer.from(key).toString("base64")] }), "JSON/base64"],
];

/** Whether keys are found wherever they stand and however they are encoded, and nothing else is. */
export const detecting = (find: typeof detect): boolean =>
  keys.every(({ format, key }) => find(key).some((each) => each.format === format)) &&
  named.every((text) => find(text).length > 0) &&
  encoded.every(([text, inside]) => find(text).some((each) => each.inside.join("/") === inside)) &&
  values.every((each) => find(each, "DB_PASSWORD").length > 0 && find(`password: '${each}'`).length > 0) &&
  awkward.every((text) => find(text, "DB_PASSWORD").length > 0 && find(text, "API_KEY").length > 0) &&
  harmless.every((text) => find(text).length === 0) &&
  names.every((each) => find(each, "API_TOKEN").length === 0);

/** Objects, and by which names the texts in them go that say `it`. */
const owned: [value: object, names: string[]][] = [
  ...["name", "key", "Name", "header", "variable", "parameter"].map((label): [object, string[]] => [
    { [label]: "token", value: "it" },
    ["token"],
  ]),
  [{ name: "token", port: "it" }, ["port"]],
  [{ password: { value: "it" } }, ["password"]],
  [{ note: { value: "it" } }, ["value"]],
  [{ tokens: { ci: "it", apiKey: "it", url: "it", deep: { ci: "it" } } }, ["tokens", "apiKey", "url", "ci"]],
  [
    { tokens: { ci: 7 }, token: { ci: "it" }, db_pass: { ci: "it" }, notes: { ci: "it" } },
    ["ci", "ci", "ci"],
  ],
  [{ args: ["--token", "it"] }, ["token"]],
];

/** Whether texts in objects go by the names that tell what they are. */
export const naming = (strings: typeof stringsOf): boolean =>
  owned.every(
    ([value, expected]) =>
      JSON.stringify([...strings(value)].filter(({ text }) => text === "it").map(({ name }) => name)) ===
      JSON.stringify(expected),
  ) && [...strings({ tokens: { ci: 7 } })][0]?.name === "ci";

/** Whether files are read in every encoding, and lines are counted. */
export const reading = (leaks: typeof leaksIn): boolean =>
  leaks("a", `one\ntwo\n${key}\n`)[0]?.line === 3 &&
  leaks("a", Buffer.from(padded, "utf16le")).length > 0 &&
  leaks("a", gzipSync(padded)).length > 0 &&
  leaks("a", Buffer.from([0, 1, 2])).length === 0;
