import { isArgument, print, word } from "./commands.ts";
import type { Format } from "./format.ts";
import { looksRandom } from "./random.ts";

/** A file whose name says that a secret is in it. */
const secretFile =
  "[\"']?[\\w./~${}-]*(?:token|passw(?:or)?d|secret|credential|api[-_]?key)[\\w.-]{0,12}[\"']?";
/** Its only line, as a shell's here-document gives it. */
const document = "<<-?\\s*[\"']?\\w+[\"']?";

/** Passwords in the files of servers and shells, recognised by their place. */
export const files: Format[] = [
  {
    name: "password in Redis's configuration",
    // A user of its list has commands or keys that it may use.
    keywords: ["requirepass", "masterauth", "+@", "~*", "allcommands"],
    pattern: new RegExp(
      `(?:requirepass|masterauth)[ \\t]+${word}|user[ \\t]+\\S+[ \\t](?:[^\\n]{0,200}?[ \\t])?>${word}`,
      "g",
    ),
    verify: isArgument,
  },
  {
    // `.pgpass` of PostgreSQL's clients, and PgBouncer's list of users.
    name: "password in a list of PostgreSQL's users",
    keywords: ["5432:", "6432:", ":*:", '" "', '" \\'],
    pattern:
      /(?<![\w.*-])[\w.*-]{1,64}:(?:[56]432|\*):[\w*-]{1,64}:[\w*-]{1,64}:([^\s:"'`\\]{6,200})|(?<=")[\w.-]{1,64}\\{0,7}"[ \t]+\\{0,7}"(?!md5|SCRAM-)([^\s"\\]{6,200})\\{0,7}"/g,
    verify: looksRandom,
  },
  {
    name: "key written into a file",
    keywords: [">"],
    pattern: new RegExp(
      `${print}${word}["']?\\s*>{1,2}\\s*${secretFile}|(?:>[ \\t]*${secretFile}[ \\t]*${document}|${document}[ \\t]*>[ \\t]*${secretFile})\\s+(\\S{6,200})\\s`,
      "g",
    ),
    verify: isArgument,
  },
];
