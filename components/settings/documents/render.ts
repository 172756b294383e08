import { type Consumer, type ConsumerName, consumers } from "../environment/consumers.ts";
import { generated } from "../environment/generated.ts";
import { type Secret, secrets } from "../environment/secrets.ts";
import { configKey, liveSecrets, usersOf, valuesOf } from "../environment/uses.ts";
import { variables } from "../environment/variables/index.ts";
import type { Variable } from "../environment/variables/variable.ts";
import type { Row } from "./rows.ts";

const cell = (text: string) => text.replaceAll("|", "\\|");
const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`).join("\n");

const allSecrets = Object.entries(secrets) as [keyof typeof secrets, Secret][];
const allVariables = Object.entries(variables) as [string, Variable][];
const built = (names: readonly ConsumerName[]) => names.filter((name) => consumers[name].built);
const live = allSecrets.filter(([name]) => liveSecrets.has(name));
const later = allSecrets.filter(([name]) => !liveSecrets.has(name));

const settingsTable = (rows: Row[]) =>
  table(
    ["setting", "type", "default", ""],
    rows.map(({ path, type, standard, about }) => [`\`${path}\``, type, standard, about]),
  );

const setters: Record<Variable["setBy"], string> = {
  program: "the program",
  stack: "you, in `mcp.servers`",
  kubernetes: "Kubernetes",
  person: "you",
  default: "not set: its default",
};

function standardOf({ schema }: Variable): string {
  const result = schema.safeParse(undefined);
  if (!result.success) return "required";
  return result.data === undefined ? "" : `\`${result.data}\``;
}

const variableTable = (some: [string, Variable][]) =>
  table(
    ["variable", "read by", "set by", "default", ""],
    some.map(([name, variable]) => [
      `\`${name}\``,
      built(variable.usedBy).join(", "),
      setters[variable.setBy],
      standardOf(variable),
      variable.secret && variable.about === "See the secret."
        ? `the secret \`${variable.secret}\``
        : variable.about,
    ]),
  );

const rotationOf = ({ rotation }: Pick<Secret, "rotation">) =>
  `${rotation.days} days, ${rotation.by}${rotation.why ? `: ${rotation.why}` : ""}`;

const liveTable = () =>
  table(
    ["configuration key", "lies in", "read by", "rotation", ""],
    live.map(([name, secret]) => [
      `\`${configKey(name)}\`${secret.required ? "" : " (optional)"}`,
      `\`${valuesOf(secret, "<stage>")}\`, \`${secret.path}\``,
      built(usersOf(name)).join(", "),
      rotationOf(secret),
      secret.about,
    ]),
  );

const laterTable = () =>
  table(
    ["secret", "for", ""],
    later.map(([name, secret]) => [`\`${name}\``, usersOf(name).join(", "), secret.about]),
  );

const consumerTable = () =>
  table(
    ["reader", ""],
    (Object.entries(consumers) as [string, Consumer][])
      .filter(([, consumer]) => consumer.built)
      .map(([name, { about }]) => [`\`${name}\``, about]),
  );

/** `docs/settings.md`. Pure. */
export function settingsDocument(rows: Row[]): string {
  const known = allVariables.filter(([, { usedBy }]) => built(usedBy).length > 0);
  return `<!-- Made by \`make documents\` from components/settings; edit there. -->
# Settings, secrets and environment variables

## Settings
Each first part is a key of the stack file, \`sophia-infra:<part>\`. A list's entries are written as \`[]\`.

${settingsTable(rows)}

## Secrets
They come from Pulumi ESC; [secrets](security/secrets.md) says how. \`<stage>\` is the stack's name.

${liveTable()}

The program makes these itself, at random. They lie in Pulumi's state, encrypted:

${table(
  ["secret", "resource", "made again by another", "rotation", "after a change"],
  generated.map((secret) => [
    secret.about,
    `\`${secret.resource}\``,
    `\`${secret.setting}\``,
    rotationOf(secret),
    secret.rotated,
  ]),
)}

These have their name and place, but nothing reads them yet; until then they may not be given:

${laterTable()}

## Environment variables
Names begin with \`SOPHIA_\`, the lab's with \`LAB\`; others are a vendor's. What ends with \`_FILE\` is the path of a file.
A service that misses a required one ends at once, with its name.

${variableTable(known)}

Who reads them:

${consumerTable()}
`;
}

/** `.env.example`: what a person may set in a shell. Pure. */
export function exampleFile(): string {
  const own = allVariables.filter(([, { setBy }]) => setBy === "person");
  const lines = own.flatMap(([name, variable]) => {
    const result = variable.schema.safeParse(undefined);
    const value = result.success && result.data !== undefined ? String(result.data) : "";
    const secret = variable.secret ? " Secret: never commit a value." : "";
    return ["", `# ${variable.about}${secret}`, `# ${name}=${value}`];
  });
  return `${[
    "# Made by `make documents` from components/settings; edit there.",
    "# Nothing of this is needed. `set -a; . ./.env; set +a` puts it into a shell; .env itself stays out of git.",
    ...lines,
  ].join("\n")}\n`;
}
