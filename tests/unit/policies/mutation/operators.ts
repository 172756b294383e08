import ts from "typescript";

/** One small change of a source that ought to be noticed. */
export interface Mutant {
  /** What was changed into what, for people. */
  what: string;
  /** Line of the change, from 1. */
  line: number;
  source: string;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

const flipped: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
]);

/** What is for people to read, not for a verdict. */
const prose = new Set(["name", "description", "severity", "why", "fix", "message", "path"]);

/** Alternatives of a pattern at its outermost level, or inside one group that is all of it. */
function alternatives(pattern: string): string[] {
  const parts = [""];
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const two = pattern.slice(at, at + 2);
    const one = pattern[at] ?? "";
    if (one === "\\") {
      parts[parts.length - 1] += two;
      at += 1;
      continue;
    }
    if (one === "[") inClass = true;
    if (one === "]") inClass = false;
    if (!inClass && one === "(") depth += 1;
    if (!inClass && one === ")") depth -= 1;
    if (!inClass && depth === 0 && one === "|") parts.push("");
    else parts[parts.length - 1] += one;
  }
  return parts;
}

function patternEdits(literal: string): string[] {
  const end = literal.lastIndexOf("/");
  const [body, flags] = [literal.slice(1, end), literal.slice(end + 1)];
  const parts = alternatives(body);
  const without =
    parts.length === 1 ? [] : parts.map((_, index) => parts.filter((__, other) => other !== index).join("|"));
  return ["(?!)", "(?:)", ...without].map((each) => `/${each}/${flags}`);
}

/** Whether a node only says something to people, or to the compiler. */
function isProse(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at; at = at.parent) {
    if (ts.isImportDeclaration(at) || ts.isTypeNode(at) || ts.isTemplateExpression(at)) return true;
    if (ts.isPropertyAssignment(at) && prose.has(at.name.getText())) return true;
    // What text is given where a value may be missing matters to messages only.
    if (ts.isBinaryExpression(at) && at.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken)
      return node === at.right;
  }
  return false;
}

function editsOf(node: ts.Node, source: ts.SourceFile): Edit[] {
  const replace = (at: ts.Node, ...texts: string[]): Edit[] =>
    texts.map((text) => ({ start: at.getStart(source), end: at.getEnd(), text }));
  if (ts.isBinaryExpression(node)) {
    const other = flipped.get(node.operatorToken.kind);
    return other === undefined ? [] : replace(node.operatorToken, other);
  }
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return replace(node, `(${node.operand.getText(source)})`);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return replace(node, "false");
  if (node.kind === ts.SyntaxKind.FalseKeyword) return replace(node, "true");
  if (ts.isNumericLiteral(node)) return replace(node, String(Number(node.text) + 1));
  if (ts.isConditionalExpression(node)) return replace(node.condition, "true", "false");
  if (ts.isIfStatement(node)) return replace(node.expression, "true", "false");
  if (ts.isRegularExpressionLiteral(node)) return replace(node, ...patternEdits(node.text));
  if (ts.isStringLiteral(node)) return node.text === "" ? [] : replace(node, '"mutated"');
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.flatMap((each) => {
      const rest = node.elements.filter((other) => other !== each).map((other) => other.getText(source));
      return replace(node, `[${rest.join(", ")}]`);
    });
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    if (name.text === "filter") return replace(node, expression.getText(source));
    if (name.text === "some") return replace(name, "every");
    if (name.text === "every") return replace(name, "some");
  }
  return [];
}

/** Every mutant of a TypeScript source, each with one change. Pure. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (!isProse(node)) {
      for (const { start, end, text: into } of editsOf(node, source)) {
        mutants.push({
          what: `${text.slice(start, end)} → ${into}`,
          line: source.getLineAndCharacterOfPosition(start).line + 1,
          source: text.slice(0, start) + into + text.slice(end),
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}
