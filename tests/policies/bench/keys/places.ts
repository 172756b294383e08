import { stringify } from "yaml";

/** A kind of file in which a key may be written down. */
export interface Place {
  /** For people. */
  name: string;
  file(id: string): string;
  /** Any text, in a file of this kind, under a name that says nothing. */
  text(text: string): string;
  /** A value under a name that says that it is secret, as people write it in a file of this kind. */
  secret(value: string): string;
}

const quoted = (text: string) => JSON.stringify(text);
const base64 = (text: string) => Buffer.from(text).toString("base64");

const deployment = (container: object) =>
  stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "api", namespace: "apps" },
    spec: {
      template: { spec: { containers: [{ name: "api", image: "ghcr.io/sophia-ai/api:1", ...container }] } },
    },
  });
const configMap = (data: object, annotations: object = {}) =>
  stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "api", annotations }, data });
/** User data of an instance: base64 in lines of 76 characters. */
const userData = (line: string) => {
  const text = base64(`#cloud-config\n# Größe: ${"x".repeat(80)}\nwrite_files:\n- content: |\n    ${line}\n`);
  return `instance:\n  user_data: |\n    ${text.replaceAll(/.{76}/g, "$&\n    ")}\n`;
};
const file = (name: string) => (id: string) => `${id}/${name}`;

/** Every place in which a key is planted: the files of a repository, and what resources are made from. */
export const places: Place[] = [
  {
    name: "notes",
    file: file("notes.txt"),
    text: (text) => `notes\n${text}\n`,
    secret: (value) => `notes\nDB_PASSWORD='${value}'\n`,
  },
  {
    name: "YAML",
    file: file("settings.yaml"),
    text: (text) => `data:\n  file: |\n${text.replaceAll(/^/gm, "    ")}\n`,
    secret: (value) => `db:\n  password: ${quoted(value)}\n`,
  },
  {
    name: "JSON",
    file: file("settings.json"),
    text: (text) => `${JSON.stringify({ note: { text } }, null, 2)}\n`,
    secret: (value) => `${JSON.stringify({ db: { apiKey: value } }, null, 2)}\n`,
  },
  {
    name: "shell",
    file: file("run.sh"),
    text: (text) => `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`,
    secret: (value) => `#!/bin/sh\nexport CLIENT_SECRET='${value}'\nserve\n`,
  },
  {
    name: "TypeScript",
    file: file("index.ts"),
    text: (text) => `export const text = ${quoted(text)};\n`,
    secret: (value) => `const options = { port: 80, accessToken: ${quoted(value)} };\n`,
  },
  {
    // What somebody set without --secret.
    name: "stack file",
    file: file("Pulumi.dev.yaml"),
    text: (text) => `config:\n  sophia-infra:note: ${quoted(text)}\n`,
    secret: (value) => `config:\n  sophia-infra:lambdaApiKey: ${quoted(value)}\n`,
  },
  {
    name: "container environment",
    file: file("deployment.yaml"),
    text: (text) => deployment({ env: [{ name: "SETTING", value: text }] }),
    secret: (value) => deployment({ env: [{ name: "DB_PASSWORD", value }] }),
  },
  {
    name: "arguments",
    file: file("deployment.yaml"),
    text: (text) => deployment({ args: ["serve", `--with=${text}`, "--port=80"] }),
    secret: (value) => deployment({ args: ["serve", "--token", value, "--port=80"] }),
  },
  {
    name: "annotation",
    file: file("configmap.yaml"),
    text: (text) => configMap({}, { "sophia.ai/note": text }),
    secret: (value) => configMap({}, { "sophia.ai/api-key": value }),
  },
  {
    name: "ConfigMap",
    file: file("configmap.yaml"),
    text: (text) => configMap({ "app.conf": `listen 80;\nuse ${text}\n` }),
    secret: (value) => configMap({ ".env": `PORT=80\nDB_PASSWORD=${value}\n` }),
  },
  {
    name: "user data",
    file: file("instance.yaml"),
    text: userData,
    secret: (value) => userData(`TOKEN=${value}`),
  },
  {
    name: "Helm values",
    file: file("values.yaml"),
    text: (text) => stringify({ api: { extra: [{ deep: { text } }] } }),
    secret: (value) => stringify({ redis: { auth: { enabled: true, password: value } } }),
  },
  {
    name: "Dockerfile ARG",
    file: file("Dockerfile"),
    text: (text) => `FROM scratch\nARG EXTRA=${quoted(text)}\n`,
    secret: (value) => `FROM scratch\nARG NPM_TOKEN=${quoted(value)}\n`,
  },
  {
    name: "Dockerfile ENV",
    file: file("Dockerfile"),
    text: (text) => `FROM scratch\nENV EXTRA=${quoted(text)}\n`,
    secret: (value) => `FROM scratch\nENV APP_API_KEY ${value}\n`,
  },
];
