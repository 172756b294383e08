import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { detect, stringsOf } from "../../../policies/detector/detect.ts";
import { isSecretName } from "../../../policies/detector/names.ts";
import { Hidden, unknown } from "../../../policies/engine/values.ts";
import { noHardCodedKeys } from "../../../policies/rules/secrets/noHardCodedKeys.ts";
import { Draw } from "../../policies/bench/manifests/random.ts";
import { contextOf, resource } from "./fixtures.ts";
import { lookalikes } from "./keys/lookalikes.ts";
import { names } from "./keys/names.ts";
import { plantedKeys } from "./keys/planted.ts";
import { alphabets, awkwardValues, lengths, symbolValue } from "./keys/values.ts";

/** Base64 in lines of a width, as `base64` and PEM write it. */
const lines = (text: string, width: number, indent = ""): string =>
  Buffer.from(`#cloud-config\n# ${"setup ".repeat(20)}\nuse: ${text}\n# ${"more ".repeat(20)}\n`)
    .toString("base64")
    .replaceAll(new RegExp(`.{${width}}`, "g"), `$&\n${indent}`);

/** Every place of a resource in which somebody once put a key. */
const places: Record<string, (key: string) => object> = {
  "container environment": (key) => ({ spec: { containers: [{ env: [{ name: "SETTING", value: key }] }] } }),
  arguments: (key) => ({ spec: { containers: [{ args: ["serve", `--with=${key}`, "--port=80"] }] } }),
  annotation: (key) => ({ metadata: { annotations: { "sophia.ai/note": `use ${key} here` } } }),
  "config map": (key) => ({ data: { "app.conf": `# settings\nlisten 80;\nuse "${key}"\n` } }),
  "command text": (key) => ({ create: `set -e\ncurl -H "x: ${key}" https://api.test\n` }),
  "user data": (key) => ({ userData: Buffer.from(`#cloud-config\nruncmd: ['${key}']\n`).toString("base64") }),
  "Helm values": (key) => ({ chart: "x", values: { deep: [{ er: { text: key } }] } }),
  "JSON in a string": (key) => ({ text: JSON.stringify({ inner: { value: key } }) }),
  "JSON in a string of code": (key) => ({
    text: `x = ${JSON.stringify(JSON.stringify({ inner: `${key}\n` }))};`,
  }),
  ...Object.fromEntries(
    ["# ", "// ", "> ", " * "].map((mark) => [
      `text in lines behind "${mark}"`,
      (key: string) => ({ text: `${key}\nend`.replaceAll(/^/gm, mark) }),
    ]),
  ),
  "base64 in JSON in base64": (key) => ({
    blob: Buffer.from(JSON.stringify({ x: Buffer.from(key).toString("base64") })).toString("base64"),
  }),
  "base64 in lines of 76": (key) => ({ userData: lines(key, 76) }),
  "base64 in lines of 64": (key) => ({ userData: lines(key, 64) }),
  "base64 in an indented block of YAML": (key) => ({
    text: `data:\n  file: |\n    ${lines(key, 76, "    ")}\n`,
  }),
  "base64 in lines inside a string of code": (key) => ({ text: `x = ${JSON.stringify(lines(key, 64))};` }),
  "base64 in lines of a list": (key) => ({ text: JSON.stringify(lines(key, 76).split("\n"), null, 2) }),
  "base64 of text that is not ASCII": (key) => ({
    userData: Buffer.from(`# Schlüssel für „Sophia“ — 鍵\n${key}\n`).toString("base64"),
  }),
  "base64 of UTF-16": (key) => ({
    userData: Buffer.from(`\ufeff# x\n${key}\n`, "utf16le").toString("base64"),
  }),
  "base64 of gzip": (key) => ({ userData: gzipSync(`#cloud-config\n# ${key}\n`).toString("base64") }),
  "base64 of a binary": (key) => ({
    blob: Buffer.concat([Buffer.from([0, 1, 2, 255, 254]), Buffer.from(key), Buffer.from([0, 200])]).toString(
      "base64",
    ),
  }),
  hexadecimal: (key) => ({ text: `file: ${Buffer.from(`# ${key}\n`).toString("hex")}` }),
  "an image's build arguments": (key) => ({ buildArgs: { EXTRA: key } }),
  "a Dockerfile": (key) => ({ dockerfile: { inline: `FROM scratch\nARG EXTRA="${key}"\n` } }),
  "name of a property": (key) => ({ data: { [key]: "x" } }),
};

describe("S3 keys of known formats", () => {
  for (const [place, plant] of Object.entries(places)) {
    test(`are found in: ${place}`, () => {
      const missed = plantedKeys().flatMap(({ format, key }) => {
        const faults = noHardCodedKeys.evaluate(resource(plant(key)), contextOf());
        return faults.some(({ message }) => message.includes(format))
          ? []
          : [`${format} (${faults.map((f) => f.message)})`];
      });
      expect(missed).toEqual([]);
    });
  }

  test("are found with headers of their own, behind comment marks and escaped twice", () => {
    const body = new Draw(3).text(alphabets.base64, 64);
    for (const [kind, headers] of [
      [
        "RSA PRIVATE KEY",
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n",
      ],
      ["PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\nComment: made by hand, for a test\n\n"],
      ["PGP PRIVATE KEY BLOCK", `Version: \nComment: ${"of very many words ".repeat(9)}\n\n`],
      ["OPENSSH PRIVATE KEY", ""],
    ]) {
      const text = `-----BEGIN ${kind}-----\n${headers}${body}\n-----END ${kind}-----\n`;
      const escaped = JSON.stringify(JSON.stringify(text));
      for (const each of [text, text.replaceAll("\n", "\r\n"), text.replaceAll(/^/gm, "# "), escaped])
        expect(
          detect(each).map(({ format }) => format),
          each.slice(0, 60),
        ).toContain("private key");
    }
  });

  test("are named by path and format, never by value", () => {
    for (const { key } of plantedKeys()) {
      for (const plant of Object.values(places)) {
        const said = JSON.stringify(noHardCodedKeys.evaluate(resource(plant(key)), contextOf()));
        for (const piece of key.match(/[A-Za-z0-9]{16,}/g) ?? []) expect(said).not.toContain(piece);
      }
    }
  });

  test("are let pass as Pulumi secrets, and as values that are not known yet", () => {
    const [{ key } = { key: "" }] = plantedKeys();
    const of = (value: unknown) => noHardCodedKeys.evaluate(resource({ token: value }), contextOf());
    expect(of(key)).toHaveLength(1);
    expect(of(new Hidden(key))).toEqual([]);
    expect(of({ deep: [new Hidden({ key })] })).toEqual([]);
    expect(of(unknown)).toEqual([]);
  });
});

/** Every place in which a value has a name; `quote` says how it stands in text that knows quotes. */
const named = (value: string, quote = ""): Record<string, object> => {
  const quoted = `${quote}${value}${quote}`;
  return {
    "property with a secret's name": { dbPassword: value },
    "environment variable": { env: [{ name: "APP_API_KEY", value }] },
    "option of a command": { args: ["--token", value] },
    "option with =": { args: [`--password=${value}`] },
    "line of a file of variables": { data: { ".env": `A=1\nDB_PASSWORD=${value}\nB=2\n` } },
    "command text": { create: `export CLIENT_SECRET=${quoted}; run` },
    "YAML in a config map": { data: { "a.yaml": `db:\n  password: ${quoted}\n` } },
    "quoted in code": { data: { "a.py": `api_key = "${value}"` } },
    "JSON in base64": { blob: Buffer.from(JSON.stringify({ secretKey: value })).toString("base64") },
    "base64 of a Secret": { kind: "Secret", data: { password: Buffer.from(value).toString("base64") } },
    "quoted in a string of code": { data: { "a.ts": `const text = "api_key: \\"${value}\\"";` } },
    "a Dockerfile in a string": { data: { "a.ts": `const text = "FROM x\nENV DB_PASSWORD ${value}";` } },
    Dockerfile: { dockerfile: `FROM x\nENV DB_PASSWORD ${value}\n` },
    "stack file": { "Pulumi.dev.yaml": `config:\n  sophia-infra:apiKey: ${quoted}\n` },
  };
};

describe("S3 keys of no known format", () => {
  test.each(Object.keys(named("")))("are found as: %s", (place) => {
    for (const [alphabet, characters] of Object.entries(alphabets)) {
      // Whatever has punctuation stands in quotes, see below.
      if (alphabet === "with punctuation") continue;
      for (const length of lengths) {
        const value = new Draw(length).text(characters, length);
        const faults = noHardCodedKeys.evaluate(resource(named(value)[place] ?? {}), contextOf());
        expect(faults.length, `${alphabet}: ${value}`).toBeGreaterThan(0);
        expect(JSON.stringify(faults)).not.toContain(value);
      }
    }
  });

  test.each(Object.entries(alphabets))(
    "are missed less than once in a hundred: %s",
    (_alphabet, characters) => {
      const draw = new Draw(1);
      for (const length of lengths) {
        const values = Array.from({ length: 300 }, () => draw.text(characters, length));
        const texts = values.map((value) => `db:\n  password: '${value}'\n`);
        expect(values.filter((value) => detect(value, "API_KEY").length === 0).length).toBeLessThan(3);
        expect(texts.filter((text) => detect(text).length === 0).length).toBeLessThan(length < 16 ? 9 : 3);
      }
    },
  );

  const odd = symbolValue();
  test.each(Object.entries(named(odd, "'")))("are found with punctuation as: %s", (_place, props) => {
    const faults = noHardCodedKeys.evaluate(resource(props), contextOf());
    expect(faults.length, odd).toBeGreaterThan(0);
    expect(JSON.stringify(faults)).not.toContain(JSON.stringify(odd).slice(1, -1));
  });

  test("are found whatever they begin, end, or are sprinkled with", () => {
    const unnoticed = (values: string[]) =>
      values.flatMap((each) =>
        ["DB_PASSWORD", "APP_API_KEY"]
          .filter((name) => detect(each, name).length === 0)
          .map((name) => `${name} ${each}`),
      );
    expect(unnoticed(awkwardValues())).toEqual([]);
    // One of some thousand looks by chance like words, a list of names, or a call.
    expect(unnoticed(Array.from({ length: 200 }, () => symbolValue())).length).toBeLessThanOrEqual(2);
  });

  test("are found as numbers, which YAML makes of digits", () => {
    const faults = (props: object) => noHardCodedKeys.evaluate(resource(props), contextOf());
    const number = Number(["4829", "10374651"].join(""));
    for (const password of [number, number * 10_007])
      expect(faults({ values: { db: { password } } }).map(({ path }) => path)).toEqual([
        "values.db.password",
      ]);
    expect(faults({ env: [{ name: "API_KEY", value: number }] })).toHaveLength(1);
    // Sizes, times and counts.
    expect(faults({ bytes: number, passwordLength: 40, token: { ttl: 1_700_000_000_000 } })).toEqual([]);
  });

  test("a password that a person made is found under its name", () => {
    expect(detect("Sup3rS3cret!", "DB_PASSWORD")).toHaveLength(1);
    expect(detect("hunter2-hunter!", "password")).toHaveLength(1);
  });
});

describe("what only looks like a key", () => {
  test.each(names)("is let pass under a secret's name: %s", (value) => {
    expect(detect(value, "API_TOKEN")).toEqual([]);
    expect(detect(`api_token: "${value}"\n`)).toEqual([]);
    expect(detect(`API_TOKEN=${value}\n`)).toEqual([]);
  });

  test.each(Object.entries(lookalikes()))("is let pass: %s", (_what, text) => {
    expect(detect(text)).toEqual([]);
    expect(noHardCodedKeys.evaluate(resource({ data: { file: text } }), contextOf())).toEqual([]);
  });

  test("names tell secrets from what is about them", () => {
    const plural = ["API_KEYS", "ACCESS_TOKENS", "dbPasswords", "DB_CREDS", "REDIS_AUTH", "redis-auth"];
    const single = ["password", "DB_PASSWORD", "apiKey", "client_secret", "githubToken", "SECRET_KEY"];
    for (const name of [...single, ...plural]) expect(isSecretName(name), name).toBe(true);
    for (const name of [
      "passwordHash",
      "secretName",
      "tokenFile",
      "LAMBDA_API_KEY_FILE",
      "publicKey",
      "monkey",
      "book_author",
      "incredible",
    ])
      expect(isSecretName(name), name).toBe(false);
  });
});

test("strings are named by what tells their meaning", () => {
  const found = [...stringsOf({ env: [{ name: "A", value: "x" }], args: ["--b", "y"], c: 7 })];
  expect(found.map(({ path, name, text }) => `${path} ${name} ${text}`)).toEqual([
    "env[0].name name A",
    "env[0].value A x",
    "args[0] args --b",
    "args[1] b y",
    "c c 7",
  ]);
});

test("a large text is searched to its end", () => {
  const text = `${"lorem ipsum: dolor-sit_amet / consectetur = 42;\n".repeat(20_000)}`;
  expect(detect(text)).toEqual([]);
});
