import type { Format } from "./format.ts";
import { isLiteral, notPlaceholder } from "./format.ts";
import { isName, looksRandom } from "./random.ts";

/** A word of a shell's command, with or without quotes; what a variable holds is none, nor what `printf` fills in. */
export const word = "[\"']?(?!%s\\\\)([^\\s\"'`$|;&<>]{6,200})";
/** What may stand between a program and its option: one command, which may go on in the next, indented line. */
const between = "(?:[^\\n;|]|(?<=\\\\)\\n|\\n(?= )){0,300}?";

/** A command's argument is a key unless it can be read as words. */
export const isArgument = (secret: string): boolean => isLiteral(secret) && !isName(secret);

/** How a shell prints a word. */
export const print = "\\b(?:echo|printf)\\s+(?:-n\\s+|[\"']?%s(?:\\\\+n)?[\"']?\\s+)?";

/** The value that follows the option of a program. */
const option = (programs: string, options: string): RegExp =>
  new RegExp(`\\b(?:${programs})\\b${between}(?<=\\s)(?:${options})${word}`, "g");

/** Credentials without a format, recognised by their place in a command or a header. */
export const commands: Format[] = [
  {
    name: "credentials of a request",
    keywords: ["curl", "wget", "lftp", "http"],
    pattern: option(
      "curl|lftp|https?|xh",
      "(?:-[a-zA-Z]*u|--user|--proxy-user|-U|-a|--auth)[ =]?[\"']?[^\\s:,\"'`$]{1,64}[:,]",
    ),
    verify: isLiteral,
  },
  {
    name: "password on a command line",
    keywords: ["redis-cli", "login", "sshpass", "mongo", "cqlsh", "ldap", "rabbitmq"],
    pattern: option(
      "redis-cli|sshpass|mongo[a-z]*|cqlsh|ldap[a-z]+|rabbitmqadmin|(?:docker|podman|nerdctl|helm registry|crane auth|skopeo|buildah|oras) login",
      "(?:-a|-p|-w|--pass)[ =]?",
    ),
    verify: isArgument,
  },
  {
    name: "MySQL password on a command line",
    keywords: ["mysql", "mariadb"],
    pattern: option("(?:mysql|mariadb)(?:[a-z_-]{1,14})?", "-p"),
    verify: isArgument,
  },
  {
    name: "htpasswd password",
    keywords: ["htpasswd"],
    pattern: new RegExp(
      `\\bhtpasswd\\s+(?=-[A-Za-z]*b)(?:-[A-Za-z]*n[A-Za-z]*|-[A-Za-z]+\\s+\\S+)\\s+\\S+\\s+${word}`,
      "g",
    ),
    verify: isArgument,
  },
  {
    name: "password piped into a login",
    keywords: ["--password-stdin", "chpasswd"],
    pattern: new RegExp(`${print}${word}["']?\\s*\\|[^;]{0,120}?(?:--password-stdin|chpasswd)`, "g"),
    verify: isArgument,
  },
  {
    name: "literal of a Kubernetes Secret",
    keywords: ["--from-literal"],
    pattern: new RegExp(`--from-literal[= ]["']?[\\w.-]+=${word}`, "g"),
    verify: isArgument,
  },
  {
    name: "password in SQL",
    keywords: ["password", "identified"],
    pattern: /\b(?:password|identified\s+(?:with\s+\w+\s+)?by)\s+(?:E?'|\$\w*\$)([^'\s$]{6,200})['$]/gi,
    verify: isArgument,
  },
  {
    name: "authorization header",
    keywords: ["authorization"],
    pattern:
      /\bauthorization\\?["'`]?\s*[:=,]\s*\\?["'`]?(?!bearer\b|basic\b)(?:[A-Za-z][\w-]{1,20}[\s=]+)?([A-Za-z0-9._~+/=-]{16,})/gi,
    verify: (secret) => looksRandom(secret) && notPlaceholder(secret),
  },
];

/** A list of texts on one or more lines, in JSON, YAML or a Dockerfile. */
const listed =
  /\[\s*(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?:\s*,\s*(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'))+(?:\s*,)?\s*\]/g;
const item = /"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/g;

/** The kind of key in a command whose words stand one by one in a list; undefined where one word alone is found anyway. */
export function listedKey(words: readonly string[]): string | undefined {
  const formatIn = (text: string) =>
    commands.find(
      ({ keywords, pattern, verify }) =>
        keywords.some((keyword) => text.toLowerCase().includes(keyword)) &&
        [...text.matchAll(pattern)].some(([, key = ""]) => verify?.(key) !== false),
    )?.name;
  return words.some((each) => formatIn(each) !== undefined) ? undefined : formatIn(words.join(" "));
}

/** Commands with a key whose words stand in a list: `["redis-cli", "-a", …]`. */
export function* listedKeys(text: string): Generator<{ format: string; at: number }> {
  for (const { 0: all, index } of text.matchAll(listed)) {
    const format = listedKey([...all.matchAll(item)].map(([, double, single]) => double ?? single ?? ""));
    if (format !== undefined) yield { format, at: index };
  }
}
