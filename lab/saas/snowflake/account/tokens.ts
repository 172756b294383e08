import { syntaxError } from "../fault.ts";

export interface Token {
  kind: "word" | "quoted" | "text" | "number" | "sign";
  /** A word in capitals, a quoted name or text without its quotes. */
  value: string;
}

const pattern =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|(?<word>[A-Za-z_][\w$]*)|"(?<quoted>(?:[^"]|"")+)"|'(?<text>(?:[^'\\]|''|\\[\s\S])*)'|(?<number>\d+(?:\.\d+)?)|(?<sign>[^\s])/gy;

const unescaped = (text: string): string =>
  text.replace(/''|\\([\s\S])/g, (whole, character?: string) => {
    if (whole === "''") return "'";
    return character === "n" ? "\n" : (character ?? "");
  });

/** Words, names, texts and signs of a statement, as Snowflake reads them. Pure. */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const { groups = {} } of sql.matchAll(pattern)) {
    if (groups.word !== undefined) tokens.push({ kind: "word", value: groups.word.toUpperCase() });
    else if (groups.quoted !== undefined)
      tokens.push({ kind: "quoted", value: groups.quoted.replaceAll('""', '"') });
    else if (groups.text !== undefined) tokens.push({ kind: "text", value: unescaped(groups.text) });
    else if (groups.number !== undefined) tokens.push({ kind: "number", value: groups.number });
    else if (groups.sign !== undefined) tokens.push({ kind: "sign", value: groups.sign });
  }
  if (tokens.at(-1)?.kind === "sign" && tokens.at(-1)?.value === ";") tokens.pop();
  return tokens;
}

/** Reads a statement from left to right. */
export class Reader {
  readonly #tokens: Token[];
  #at = 0;
  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }
  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }
  next(): Token {
    const token = this.#tokens[this.#at];
    if (!token) throw syntaxError("unexpected end of the statement");
    this.#at += 1;
    return token;
  }

  /** Takes these words if they come next. */
  take(words: string): boolean {
    const wanted = words.split(" ");
    const there = wanted.every((word, index) => {
      const token = this.peek(index);
      return (token?.kind === "word" || token?.kind === "sign") && token.value === word;
    });
    if (there) this.#at += wanted.length;
    return there;
  }
  expect(words: string): void {
    if (!this.take(words)) throw syntaxError(`unexpected '${this.peek()?.value ?? "<EOF>"}', not ${words}`);
  }
  /** Takes the first of several, the longest ones given first. */
  oneOf<const Words extends string>(choices: readonly Words[]): Words | undefined {
    return choices.find((words) => this.take(words));
  }
  end(): void {
    if (!this.done) throw syntaxError(`unexpected '${this.peek()?.value}'`);
  }

  identifier(): string {
    const token = this.next();
    if (token.kind === "word" || token.kind === "quoted") return token.value;
    throw syntaxError(`unexpected '${token.value}', not a name`);
  }
  /** `database.schema.table`, in parts. */
  name(): string[] {
    const parts = [this.identifier()];
    while (this.take(".")) parts.push(this.identifier());
    return parts;
  }
}

const plain = /^[A-Z_][A-Z0-9_$]*$/;
/** A name as SQL must write it. */
export const written = (parts: readonly string[]): string =>
  parts.map((part) => (plain.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join(".");
