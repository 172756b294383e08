import { createReadStream } from "node:fs";

/** Which of these texts a file holds. Layers lie uncompressed in what the engine saves. */
export async function occurs(file: string, texts: string[]): Promise<string[]> {
  const found = new Set<string>();
  const longest = Math.max(...texts.map((text) => text.length));
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "latin1", highWaterMark: 1 << 20 })) {
    const window = rest + chunk;
    for (const text of texts) if (window.includes(text)) found.add(text);
    rest = window.slice(-longest);
  }
  return [...found];
}
