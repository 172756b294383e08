import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";

/** A word in a file. */
interface Word {
  text: string;
  line: number;
  column: number;
}

/** One import, with its pin. */
export interface Import extends Word {
  name: string;
  pin?: string;
}

/** The structure of a definition. */
export interface Source {
  keys: Word[];
  imports: Import[];
}

/**
 * Reads the structure of an environment's definition, or of a stack file with `list: "environment"`. Invalid YAML gives an
 * empty result: the evaluator reports it with its position. Pure.
 */
export function readSource(text: string, list = "imports"): Source {
  const lines = new LineCounter();
  const { contents } = parseDocument(text, { lineCounter: lines });
  if (!isMap(contents)) return { keys: [], imports: [] };
  const word = (node: unknown): Word => {
    const scalar = isScalar(node) ? node : undefined;
    const { line, col } = lines.linePos(scalar?.range?.[0] ?? 0);
    return { text: String(scalar?.value ?? ""), line, column: col };
  };
  const keys = contents.items.map(({ key }) => word(key));
  const imports = contents.get(list, true);
  if (!isSeq(imports)) return { keys, imports: [] };
  return {
    keys,
    imports: imports.items.map((item) => {
      // An import is a name, or a map with a name as its only key.
      const at = word(isMap(item) ? item.items[0]?.key : item);
      const [name = "", pin] = at.text.split("@");
      return { ...at, name, ...(pin === undefined ? {} : { pin }) };
    }),
  };
}
