/** A deliberate break of one heuristic of the key detector: what stands in the source, and what replaces it. */
export interface Break {
  /** Under `policies`. */
  file: string;
  from: string;
  to: string;
}

const breaks: Record<string, [from: string, to: string][]> = {
  "detector/random.ts": [
    ["if (isHarmless(text) || isName(text) ||", "if (isHarmless(text) ||"],
    ["if (isHarmless(text) || isName(text) ||", "if (isName(text) ||"],
    ["word.test(part)) &&\n  readsAsWords(text);", "word.test(part));"],
    ["return text.length >= 12;", "return false;"],
    ["    !readsAsWords(text)\n  );", "    false\n  );"],
    ["placeholder.test(text)", "false"],
    ["harmless.some((pattern) => pattern.test(text))", "false"],
    ["  isReference(text) ||\n", ""],
    ["isPath(text) || isCall(text)", "isCall(text)"],
    ["isPath(text) || isCall(text)", "isPath(text)"],
    ['isExpression(String(inside ?? "").trim()) ? "" : all', "all"],
    [".every(isName) && readsAsWords(bare(text))", ".every(isName) && false"],
    ["shapes.some((shape) => shape.test(text)) ||", ""],
  ],
  "detector/words.ts": [
    ["bits += term;", "bits += 60;"],
    ["return bits - text.length * randomBits(text);", "return -100;"],
    ["return bits - text.length * randomBits(text);", "return 100;"],
    ["capital: 5", "capital: -5"],
  ],
  "detector/encodings.ts": [
    ["whole.text.length > longestRun", "true"],
    ["whole.lines > 2", "true"],
    ["bytes[0] !== 0x1f ||", "true ||"],
    ["if (wide !== undefined)", "if (false)"],
    ["return printable === undefined ?", "return printable !== undefined ?"],
    ["skip < 4", "skip < 3"],
    ["let skip = 1", "let skip = 2"],
    ["found.as.length > 0 || plainText(bytes) !== undefined", "true"],
    ["run.length % 2 === 0 ?", "false ?"],
    [" || Math.min(even, odd) > looked / 100", ""],
    ["whole ?? unzippedPart(bytes)", "whole ?? bytes"],
  ],
  "detector/detect.ts": [
    ["if (text.length <= longestJson)", "if (false)"],
    ["of lineAssignments.flatMap(", "of lineAssignments.slice(0, 1).flatMap("],
    ["of lineAssignments.flatMap(", "of lineAssignments.slice(1).flatMap("],
    ['lower.includes("value")', "false"],
    ['lower.includes("env") || lower.includes("arg")', "false"],
    ["[assignment, looseAssignment]", "[assignment]"],
    ["(quoted || !isMember(value))", "true"],
    ["isWhole(name, text)", "false"],
    ["  if (isProse(value)) return false;\n", ""],
    ["> value.length / 2", "> 0"],
    ["  !isPattern(value) &&\n", ""],
    ["of listedKeys(text)", "of [] as { format: string; at: number }[]"],
    ["format.verify?.(secret) === false", "false"],
    ["depth === 0 ? found", "true ? found"],
  ],
  "detector/commands.ts": [
    ["isLiteral(secret) && !isName(secret)", "isLiteral(secret)"],
    ["(?!%s\\\\\\\\)", ""],
  ],
  "detector/tokens.ts": [["!extension.test(tail)", "true"]],
  "scan.ts": [
    ["textOf(content)?.text", "content.toString()"],
    ['.split("\\n").length', ".length"],
  ],
};

export const heuristics: Break[] = Object.entries(breaks).flatMap(([file, each]) =>
  each.map(([from, to]) => ({ file, from, to })),
);
