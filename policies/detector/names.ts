/** Words that say "this is a secret" in the name of a variable, a key, or an option. */
const secretWord =
  "pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|signing[-_]?key|encryption[-_]?key|master[-_]?key|account[-_]?key|credentials?|creds|client[-_]?secret|[-_]auth";

const named = new RegExp(
  `(?:${secretWord})s?(?:[-_.]?(?:value|key|data|plain|text|b64|base64|\\d+|old|new|prod|dev))?$`,
  "i",
);

/** Whether what is called so is a secret by its name: `DB_PASSWORD`, `apiKey`; but not `passwordHash`. */
export function isSecretName(name: string): boolean {
  const last = name.split(/[/:]/).at(-1) ?? "";
  return named.test(last) && !/public|tokeniz/i.test(last);
}

/** Whether a value is what its name says: the digest of a secret, as in the annotation `checksum/password`. */
export const isDigestOf = (name: string, value: string): boolean =>
  /(?:^|[/._-])(?:checksum|digest|hash)\//i.test(name) && /^[0-9a-f]+$/i.test(value);

/** Names that end in `secret` mostly hold the name of a Kubernetes Secret. */
export const holdsName = (name: string): boolean =>
  /secrets?(?:ref)?$/i.test(name) && !/client[-_]?secret$/i.test(name);

/**
 * `name = value` in text of any kind: code, YAML, JSON, shell, Dockerfile, options of a command line. Quotes may be
 * escaped, as inside a string. A name may begin earlier, see `nameBefore`: a pattern for its whole would try every
 * letter of a text as its first.
 */
export const assignment = new RegExp(
  `((?:${secretWord})[A-Za-z0-9_]{0,12})\\\\?["'\`]?(?:\\s*(?::=|=>|[:=])\\s*(?:[|>][-+]?\\s+)?|(?<=--[a-z-]{3,40}\\\\?["'\`]?),?\\s+(?:-\\s+)?)(?:\\\\?(["'\`])((?:(?!\\2)[^\\n\\\\]|\\\\[^\\nnr"'\`]){8,4000})\\\\?\\2|([^\\s"'\`,;(){}<>\\[\\]$|\\\\]{8,400}))`,
  "gi",
);

/** The part of a name that stands before an index. */
export const nameBefore = (text: string, at: number): string =>
  /[A-Za-z0-9_./-]*$/.exec(text.slice(Math.max(0, at - 64), at))?.[0] ?? "";

const name = `(?<name>[A-Za-z0-9_./-]*(?:${secretWord})[A-Za-z0-9_]{0,12})`;
const unquoted = "(?:[ \\t]*=[ \\t]*|:[ \\t]+)(?<value>[^\\s\"'`\\\\]{8,400})";

/**
 * The same where the value ends with its line, or with the text around it: `.env` files, YAML, `--name=value` as an
 * argument, `"NAME=value"` in code, an option and its value as two items of a list in YAML. Here a value without quotes may have any punctuation. Groups: `name`, `value`.
 */
export const lineAssignments = [
  new RegExp(
    `(?:^|\\\\n)[ \\t]*(?:(?:-|export|ENV|ARG)[ \\t]+)?["']?(?:--?)?${name}["']?${unquoted}[ \\t]*(?:$|(?=\\\\n))`,
    "gim",
  ),
  new RegExp(`(?<=(["'\`]))(?:--?)?${name}${unquoted}(?=\\1)`, "gi"),
  new RegExp(
    `^[ \\t]*-[ \\t]+["']?--?${name}["']?[ \\t]*\\r?\\n[ \\t]*-[ \\t]+(?<value>[^\\s"'\`\\\\]{8,400})[ \\t]*$`,
    "gim",
  ),
];

/** `name: NAME` and `value: …` as in a container's environment, in YAML, JSON or code. Groups: `name`, `value`. */
export const pairAssignment = new RegExp(
  `\\b(?:name|key)\\\\?["']?\\s*[:=]\\s*\\\\?["']?${name}\\\\?["']?\\s*(?:,\\s*)?(?:\\\\n\\s*)?\\\\?["']?value\\\\?["']?\\s*[:=]\\s*(?:[|>][-+]?\\s+)?(?:\\\\?(?<quote>["'\`])(?<quoted>(?:(?!\\k<quote>)[^\\n\\\\]){8,400})|(?<value>[^\\s"'\`\\\\]{8,400}))`,
  "gi",
);

/** `ENV NAME value` and `ARG NAME=value` of a Dockerfile. */
export const dockerVariable =
  /(?=ENV|ARG)(?<=^[ \t]*|["'`]|\\n)(?:ENV|ARG)[ \t]+([A-Za-z0-9_]+)[ \t]+"?([^\s"]{8,})/gm;
