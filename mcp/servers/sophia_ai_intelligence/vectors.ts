import { ToolError } from "../kit/tool.ts";
import { embeddings, type InferenceApi } from "./api.ts";

interface Wish {
  model: string;
  texts: string[];
  dimensions?: number | undefined;
  signal: AbortSignal;
}

/** Texts that one request holds; endpoints bound it, some at 64. */
const batch = 64;

/** A vector for each text, in their order. @throws ToolError */
export async function embed(
  api: InferenceApi,
  { model, texts, dimensions, signal }: Wish,
): Promise<number[][]> {
  const vectors: number[][] = [];
  for (let start = 0; start < texts.length; start += batch) {
    const input = texts.slice(start, start + batch);
    const body = { model, input, encoding_format: "float", ...(dimensions !== undefined && { dimensions }) };
    const { data } = await api({ method: "POST", path: "/embeddings", body, signal }, embeddings);
    // The order of the answer is not promised, its indices are.
    const part = input.map((_, index) => data.find((each) => each.index === index)?.embedding);
    const missing = part.findIndex((vector) => vector === undefined || vector.length === 0);
    if (missing >= 0)
      throw new ToolError(
        `The LLM endpoint made no vector of text ${start + missing + 1}`,
        "Try another model.",
      );
    vectors.push(...part.filter((vector) => vector !== undefined));
  }
  return vectors;
}

/** Cosine of the angle between two vectors: 1 for the same direction. */
export function similarity(a: number[], b: number[]): number {
  const dot = (x: number[], y: number[]) => x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  const lengths = Math.sqrt(dot(a, a) * dot(b, b));
  return lengths === 0 ? 0 : dot(a, b) / lengths;
}
