/**
 * Text of a response, read no further than so many bytes.
 *
 * @param most bytes
 * @param tooMuch the error where there are more
 */
export async function wholeText(response: Response, most: number, tooMuch: () => Error): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > most) throw tooMuch();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
