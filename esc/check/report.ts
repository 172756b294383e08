/** A position in an environment's definition, as Pulumi's evaluator writes it. Lines and columns count from 1. */
export interface Range {
  environment?: string;
  begin: { line: number; column: number; byte: number };
  end: { line: number; column: number; byte: number };
}

interface Accessor {
  key?: string;
  /** Where the value is defined that it leads to. */
  value: Range;
}

/** An expression of a definition; only the fields that are read here. */
export interface Expression {
  range: Range;
  keyRanges?: Record<string, Range>;
  object?: Record<string, Expression>;
  list?: Expression[];
  symbol?: Accessor[];
  interpolate?: { value?: Accessor[] }[];
  literal?: unknown;
  builtin?: { name: string; nameRange: Range; arg: Expression };
}

/** The value of an expression. */
export interface Value {
  value?: unknown;
  secret?: boolean;
  unknown?: boolean;
  trace: { def: Range };
}

/** The evaluator's report on one environment. */
export interface Report {
  diagnostics: { environment: string; line: number; column: number; message: string }[];
  exprs: Record<string, Expression> | null;
  properties: Record<string, Value> | null;
}

/** Definitions by name, and which to evaluate: the evaluator's input. */
export interface Question {
  environments: Record<string, string>;
  evaluate: string[];
}

/** The environment's name without its pin. */
export const bare = (name: string) => name.split("@", 1)[0] ?? name;

/** Entries of a value that is a map, else undefined. */
export const entriesOf = (value: Value | undefined): [string, Value][] | undefined =>
  typeof value?.value === "object" && value.value !== null && !Array.isArray(value.value)
    ? Object.entries(value.value as Record<string, Value>)
    : undefined;

/** An expression and all of its parts. */
export function* within(expression: Expression): Generator<Expression> {
  yield expression;
  for (const inner of [
    ...Object.values(expression.object ?? {}),
    ...(expression.list ?? []),
    ...(expression.builtin ? [expression.builtin.arg] : []),
  ]) {
    yield* within(inner);
  }
}

/** Where the values that an expression refers to are defined. */
export const references = ({ symbol, interpolate }: Expression): Range[] =>
  [...(symbol ?? []), ...(interpolate ?? []).flatMap(({ value }) => value ?? [])].map(({ value }) => value);

/** Whether one range lies in another. */
export const inside = (inner: Range, outer: Range) =>
  bare(inner.environment ?? "") === bare(outer.environment ?? "") &&
  inner.begin.byte >= outer.begin.byte &&
  inner.end.byte <= outer.end.byte;
