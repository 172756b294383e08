import { isHarmless, isName, looksRandom, readsAsWords } from "./random.ts";

/** Texts and patterns inside code. */
const literal = /(["'`])(?:(?!\1)[^\\\n]|\\.)*\1|(?<=[(,]\s*)\/(?:[^/\\\n]|\\.)+\/[a-z]*/g;
/** Arguments or an index, with none inside them, and no word behind them. */
const group = /(?<=[\w$\])>])(?:\(([^()[\]]*)\)|\[([^()[\]]*)\])(?=$|[.?!,;()[\]])/;
const chain = /^(?:await |new )?([A-Za-z_$"][\w$"]*(?:[?!]?\.#?[\w$]+)*)[!,;]*$/;

/** Words with a digit in them that code is full of. */
const terms = /sha\d+|base\d+|md5|x509|utf8|ed25519|k3s|k8s|oauth2|s3|b64/gi;

/** A call or an element, with nothing behind it: `readSecret("db")`, `z.string().min(1)`, `headers["x-token"]`. */
function isCall(text: string): boolean {
  let rest = text.replaceAll(literal, '""');
  let groups = 0;
  for (let match = group.exec(rest); match; match = group.exec(rest)) {
    const given = match[1] ?? match[2] ?? "";
    if (!given.split(",").every((each) => isArgument(each.trim()))) return false;
    rest = rest.slice(0, match.index) + rest.slice(match.index + match[0].length);
    groups += 1;
  }
  const name = chain.exec(rest)?.[1];
  if (groups === 0 || name === undefined || !readsAsWords(name)) return false;
  return isName(name) || !/\d/.test(name.replaceAll(terms, ""));
}

const isArgument = (text: string): boolean =>
  /\s|""|=>|^\{.*\}$/s.test(text) || isName(text) || isPlainWord(text);

const isPlainWord = (text: string): boolean => /^[\w.$?!]*$/.test(text) && !looksRandom(text);

/** A place that a value is put into later, with what stands inside it in a group. */
const hole =
  /\$\{\{?([^\d{}][^{}]*)\}\}?|\$\(([^()]*)\)|\{\{([^{}]*)\}\}|%\((\w+)\)s|^<([\w .|-]+)>$|\{([a-z_]+|[A-Z_]+)\}|(%[sdv])\b/g;

/** Whether what stands in such a place is an expression, and not a password that happens to have the brackets. */
const isExpression = (inside: string): boolean =>
  /^$|[\s"'`]/.test(inside) || isName(inside) || isCall(inside) || isPlainWord(inside);

/** A file: of words, or of short pieces in one case. Base64 that begins with a slash has longer and mixed ones. */
function isPath(text: string): boolean {
  if (!/^(?:\.{0,2}|~|@[\w-]+)\//.test(text)) return false;
  const plain = (part: string) =>
    isName(part) ||
    (/^[\w.@+:*-]{1,24}$/.test(part) && !(/[a-z]/.test(part) && /[A-Z]/.test(part) && /\d/.test(part)));
  return text.replace(/^~/, "").split("/").every(plain) && readsAsWords(text);
}

/** Whole values that only say where the value is. */
const shapes = [
  /^[a-z][a-z0-9+.-]*:\/\//i,
  /^%[A-Za-z_]+%$/,
  /^(?:process|env|secrets?|steps|inputs|vars)\.[\w$.?!-]+$/,
  /^[\w.-]+::$/,
];

/**
 * Whether a text only says where a value comes from: a path, an address, a variable, a call, a list of such or of names.
 * Brackets and punctuation alone do not make it one: generated passwords have them, too. Pure.
 */
export function isReference(text: string): boolean {
  if (shapes.some((shape) => shape.test(text)) || isPath(text) || isCall(text)) return true;
  // `$NAME` of a shell, `*anchor` of YAML, `.field` of a template.
  if (/^[$&*.#][A-Za-z_]/.test(text) && isName(text.slice(1))) return true;
  const rest = text.replaceAll(hole, (all, ...groups: unknown[]) => {
    const inside = groups.slice(0, 7).find((each) => typeof each === "string");
    return isExpression(String(inside ?? "").trim()) ? "" : all;
  });
  if (rest !== text) return rest.length < 8 || isHarmless(rest) || isName(rest);
  const pieces = text.split(/[\s,;]+/);
  if (pieces.length === 1) return false;
  if (/\s/.test(text)) return pieces.every((piece) => !looksRandom(bare(piece)));
  // In a list without blanks every piece is a name: a generated password has commas, too, and odd pieces between them.
  return bare(text).split(/[,;]/).every(isName) && readsAsWords(bare(text));
}

/** Without the quotes and brackets around it. */
const bare = (piece: string): string => piece.replaceAll(/^[[({<"'`]+|[\])}>"'`]+$/g, "");
