/** Words that say "this is a secret" in the name of a variable, a key, or an option. */
const secretWord =
  "pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|signing[-_]?key|encryption[-_]?key|master[-_]?key|account[-_]?key|(?:auth|session|hmac|jwt|fernet|cookie|webhook|service|shared|storage)[-_]?key|credentials?|creds|client[-_]?secret|[-_]auth|authorization|bearer";

const named = new RegExp(
  `(?:${secretWord})s?(?:[-_.]?(?:value|key|data|plain|text|txt|b64|base64|base|\\d+|old|new|prod|dev))?$`,
  "i",
);
/** `PASSWORD_ADMIN`, `TOKEN_GITHUB`: what the secret is for, behind what it is. */
const namedBefore = /(?:^|_)(?:PASSWORD|PASSWD|TOKEN|SECRET|API_?KEY)_([A-Z]+)$/;
/** … unless that says something about it, as `TOKEN_URL` does. */
const about =
  /^(?:FILE|PATH|DIR|URL|URI|ENDPOINT|HOST|NAME|ID|REF|TYPE|KIND|TTL|EXPIRY|EXPIRES|LIFETIME|LENGTH|SIZE|COUNT|LIMIT|HASH|DIGEST|CHECKSUM|SHA|FINGERPRINT|VERSION|POLICY|ISSUER|AUDIENCE|SCOPES?|HEADER|PREFIX|PATTERN|FORMAT|ALGORITHM|ENABLED|REQUIRED|COMMAND|MOUNT|STORE|PROVIDER|MANAGER|CERT|PUBLIC)$/;
/** `LAMBDA_KEY`, `OPENAI_KEY`: variables that name whose key it is … */
const vendorKey = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_KEY$/;
/** … unless such a key opens nothing. */
const openKey =
  /(?:^|_)(?:PUBLIC|PUB|SSH|HOST|PRIMARY|FOREIGN|UNIQUE|SORT|PARTITION|ROUTING|CACHE|OBJECT|S3|STATE|LOCK|MAP|DATA|HASH|GROUP|ROW|INDEX|IDEMPOTENCY|DEDUP|CONFIG|HOT)_KEY$/;

/** Whether what is called so is a secret by its name: `DB_PASSWORD`, `apiKey`; but not `passwordHash`. */
export function isSecretName(name: string): boolean {
  const last = name.split(/[/:]/).at(-1) ?? "";
  if (/public|tokeniz/i.test(last)) return false;
  return named.test(last) || isPurpose(namedBefore.exec(last)?.[1]) || isVendorKey(last);
}

const isPurpose = (word: string | undefined): boolean => word !== undefined && !about.test(word);
const isVendorKey = (name: string): boolean => vendorKey.test(name) && !openKey.test(name);

/** Properties that say only that they hold the value of what their owner, or the property beside them, names. */
const holder = /^(?:value|val|content|data|default|literal|plain|plaintext|raw|text)$/i;
/** A property beside them that names it: `{ name: "DB_PASSWORD", value: … }`. */
const labels = ["name", "key", "Name", "header", "variable", "parameter"];
/** What is said of a secret in a map of several. */
const detail =
  /(?:id|names?|user|login|email|urls?|uri|host|endpoint|path|file|dir|ref|type|kind|hash|digest|checksum|version|region|scopes?|audience|issuer|at|date|description|cert|crt|project|account)$/i;

/**
 * What tells the meaning of a text in an object: its property's name, or the name that the property beside it holds, or
 * that of the object, where it is one secret (`password: { value: … }`) or a map of them (`tokens: { ci: … }`). Pure.
 * @param owner what the object is called
 */
export function nameIn(owner: string, object: Readonly<Record<string, unknown>>, key: string): string {
  if (holder.test(key)) {
    const label = labels.map((each) => object[each]).find((each) => typeof each === "string");
    return label ?? (isSecretName(owner) ? owner : key);
  }
  const isMap = typeof object[key] === "string" && isSecretName(owner) && /[^s]s$/i.test(owner);
  return isMap && !isSecretName(key) && !detail.test(key) ? owner : key;
}

/** Whether a value is what its name says: the digest of a secret, as in the annotation `checksum/password`. */
export const isDigestOf = (name: string, value: string): boolean =>
  /(?:^|[/._-])(?:checksum|digest|hash)\//i.test(name) && /^[0-9a-f]+$/i.test(value);

/** Names that end in `secret` mostly hold the name of a Kubernetes Secret. */
export const holdsName = (name: string): boolean =>
  /secrets?(?:ref)?$/i.test(name) && !/client[-_]?secret$/i.test(name);

/** What may stand between a name and its value: an object or a list that holds it, an anchor or a tag of YAML. */
const held =
  "(?:\\{\\s*)?\\\\?[\"'`]?(?:value|val|content|data|default|literal|plain|raw|text)\\\\?[\"'`]?\\s*[:=]\\s*|\\[\\s*|-\\s+|[&!][\\w!.-]+\\s+";

/**
 * `name = value` in text of any kind: code, YAML, JSON, shell, Dockerfile, options of a command line. Quotes may be
 * escaped, as inside a string. A name may begin earlier, see `nameBefore`: a pattern for its whole would try every
 * letter of a text as its first.
 */
export const assignment = new RegExp(
  `((?:${secretWord})[A-Za-z0-9_]{0,12})\\\\?["'\`]?(?:\\s*(?::=|=>|[:=])\\s*(?:${held})?(?:[|>][-+]?\\s+)?|(?<=--[a-z-]{3,40}\\\\?["'\`]?),?\\s+(?:-\\s+)?)(?:\\\\?(["'\`])((?:(?!\\2)[^\\n\\\\]|\\\\[^\\nnr"'\`]){8,4000})\\\\?\\2|([^\\s"'\`,;(){}<>\\[\\]$|\\\\]{8,400}))`,
  "gi",
);

/** The part of a name that stands before an index. */
export const nameBefore = (text: string, at: number): string =>
  /[A-Za-z0-9_./-]*$/.exec(text.slice(Math.max(0, at - 64), at))?.[0] ?? "";

const name = `(?<name>[A-Za-z0-9_./-]*(?:${secretWord})[A-Za-z0-9_]{0,12})`;
const unquoted = "(?:[ \\t]*=[ \\t]*|:[ \\t]+)(?<value>[^\\s\"'`\\\\]{8,400})";

/**
 * The same where the value ends with its line, or with the text around it: `.env` files, YAML, `--name=value` as an
 * argument, `"NAME=value"` in code, an option and its value as two items of a list in YAML, an element of XML. Here a
 * value without quotes may have any punctuation. Groups: `name`, `value`.
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
  new RegExp(`<${name}>\\s*(?<value>[^\\s<]{8,400})\\s*</`, "gi"),
];

/**
 * Where nothing but a blank, or code, stands between them: `password …` at the end of a line, as in a `.netrc`; and a
 * text in quotes that code takes instead, gives to a variable with a type, or hands to a function: `given.TOKEN ?? "…"`,
 * `const token: string = "…"`, `get("TOKEN", "…")`. A name may begin earlier, see `nameBefore`. Groups as of
 * `assignment`.
 */
export const looseAssignment = new RegExp(
  `((?:${secretWord})[A-Za-z0-9_]{0,12})(?:\\\\?[\\])"'\`]*\\s*(?:\\?\\?=?|\\|\\|=?|,|:[ \\t]*[\\w<>[\\]| ]{1,30}=|[ \\t]\\w{2,20}[ \\t]*=|\\()\\s*\\\\?(["'\`])(?=[^\\s"'\`\\d]*\\d)((?:(?!\\2)[^\\s\\\\]){8,400})\\\\?\\2|[ \\t]+(?=[^\\s\\d]*\\d)([\\w.~+/=-]{8,400})[ \\t]*$)`,
  "gim",
);

/** `name: NAME` and `value: …` as in a container's environment, in YAML, JSON or code. Groups: `name`, `value`. */
export const pairAssignment = new RegExp(
  `\\b(?:name|key)\\\\?["']?\\s*[:=]\\s*\\\\?["']?${name}\\\\?["']?\\s*(?:,\\s*)?(?:\\\\n\\s*)?\\\\?["']?value\\\\?["']?\\s*[:=]\\s*(?:[|>][-+]?\\s+)?(?:\\\\?(?<quote>["'\`])(?<quoted>(?:(?!\\k<quote>)[^\\n\\\\]){8,400})|(?<value>[^\\s"'\`\\\\]{8,400}))`,
  "gi",
);

/** `ENV NAME value` and `ARG NAME=value` of a Dockerfile. */
export const dockerVariable =
  /(?=ENV|ARG)(?<=^[ \t]*|["'`]|\\n)(?:ENV|ARG)[ \t]+([A-Za-z0-9_]+)[ \t]+"?([^\s"]{8,})/gm;
