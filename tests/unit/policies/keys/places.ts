import { gzipSync } from "node:zlib";

/** Base64 in lines of a width, as `base64` and PEM write it. */
const lines = (text: string, width: number, indent = ""): string =>
  Buffer.from(`#cloud-config\n# ${"setup ".repeat(20)}\nuse: ${text}\n# ${"more ".repeat(20)}\n`)
    .toString("base64")
    .replaceAll(new RegExp(`.{${width}}`, "g"), `$&\n${indent}`);

/** Every place of a resource in which somebody once put a key. */
export const places: Record<string, (key: string) => object> = {
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
  ...Object.fromEntries(
    ["enc_", "v1-", "path/", "b64", "\\n"].map((before) => [
      `base64 behind "${before}"`,
      (key: string) => ({ text: `x ${before}${Buffer.from(`use: ${key}\n`).toString("base64")}` }),
    ]),
  ),
  hexadecimal: (key) => ({ text: `file: ${Buffer.from(`# ${key}\n`).toString("hex")}` }),
  "an image's build arguments": (key) => ({ buildArgs: { EXTRA: key } }),
  "a Dockerfile": (key) => ({ dockerfile: { inline: `FROM scratch\nARG EXTRA="${key}"\n` } }),
  "name of a property": (key) => ({ data: { [key]: "x" } }),
};

/** Every place in which a value has a name; `quote` says how it stands in text that knows quotes. */
export const named = (value: string, quote = ""): Record<string, object> => {
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
    "map that holds one secret": { values: { dbPassword: { value } } },
    "map of secrets": { values: { tokens: { ci: value } } },
    "list of secrets": { values: { apiKeys: ["none", value] } },
    "object with its name beside it": { headers: [{ header: "X-API-Key", value }] },
    "object with another word for the value": { env: [{ key: "DB_PASSWORD", val: value }] },
    "name with what it is for behind it": { env: [{ name: "PASSWORD_ADMIN", value }] },
    "name of whose key it is": { env: [{ name: "LAMBDA_KEY", value }] },
    "file in a config map": { data: { "token.txt": value } },
    "YAML that holds one secret": { data: { "a.yaml": `password:\n  value: ${quoted}\n` } },
    "YAML with an anchor": { data: { "a.yaml": `password: &first ${quoted}\n` } },
    "YAML with a list": { data: { "a.yaml": `tokens:\n  - ${quoted}\n` } },
    XML: { data: { "a.xml": `<db><password>${value.replaceAll("<", "&lt;")}</password></db>` } },
    "what code takes instead": { data: { "a.ts": `const a = process.env.TOKEN ?? "${value}0";` } },
    "what a call takes instead": { data: { "a.py": `a = os.environ.get("API_KEY", '${value}0')` } },
    "constant with a type": { data: { "a.ts": `const token: string = "${value}0";` } },
    "argument of a call": { data: { "a.py": `set_password("${value}0")` } },
    "here-document": { create: `cat > /etc/sophia/api-key <<EOF\n${value}0\nEOF\n` },
    "stack file": { "Pulumi.dev.yaml": `config:\n  sophia-infra:apiKey: ${quoted}\n` },
  };
};
