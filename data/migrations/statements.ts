/** One statement of a file. */
export interface Statement {
  sql: string;
  /** Line of the file on which it begins, from 1. */
  line: number;
}

/** What must be skipped as a whole, since a semicolon in it ends nothing. PostgreSQL's own lexical rules. */
const opaque = [
  /--[^\n]*/y,
  /\/\*[\s\S]*?\*\//y,
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y,
  /'(?:[^']|'')*'/y,
  /"(?:[^"]|"")*"/y,
  /(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1/y,
  /[A-Za-z_][\w$]*/y,
];

/**
 * Statements of a migration, so that an error can name the one that failed. Pure. Not for bodies in SQL's own form
 * (`BEGIN ATOMIC`): write those in dollar quotes.
 */
export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let start = 0;
  let at = 0;
  const close = (end: number) => {
    const piece = text.slice(start, end);
    const code = piece.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, "");
    if (code !== "") {
      const from = end - code.length;
      statements.push({ sql: code.trimEnd(), line: text.slice(0, from).split("\n").length });
    }
    start = end + 1;
  };
  while (at < text.length) {
    const from = at;
    const hidden = opaque.find((pattern) => {
      pattern.lastIndex = from;
      return pattern.test(text);
    });
    if (hidden) at = hidden.lastIndex;
    else {
      if (text[at] === ";") close(at);
      at += 1;
    }
  }
  close(text.length);
  return statements;
}
