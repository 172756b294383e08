import { describe, expect, test } from "vitest";
import { detect, stringsOf } from "../../../policies/detector/detect.ts";
import { isSecretName } from "../../../policies/detector/names.ts";
import { Hidden, unknown } from "../../../policies/engine/values.ts";
import { noHardCodedKeys } from "../../../policies/rules/secrets/noHardCodedKeys.ts";
import { Draw } from "../../policies/bench/manifests/random.ts";
import { contextOf, resource } from "./fixtures.ts";
import { lookalikes } from "./keys/lookalikes.ts";
import { names } from "./keys/names.ts";
import { named, places } from "./keys/places.ts";
import { plantedKeys } from "./keys/planted.ts";
import { alphabets, awkwardValues, lengths, symbolValue } from "./keys/values.ts";

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
