import { expect, test } from "vitest";
import { readTranscripts } from "../../../../data/gong/pages.ts";
import type { Api } from "../../../../data/gong/source/api.ts";
import { GongError } from "../../../../data/gong/source/errors.ts";

/** A list of two pages whose second one is refused so often. */
function transcripts(refusals: number) {
  const asked: (string | undefined)[] = [];
  let left = refusals;
  const api: Api = async ({ body }) => {
    const { cursor } = body as { cursor?: string };
    asked.push(cursor);
    if (cursor === undefined)
      return { callTranscripts: [{ callId: "1" }, { odd: true }], records: { cursor: "second" } };
    if (left > 0) {
      left -= 1;
      throw new GongError("Gong refused the cursor", "cursor");
    }
    return { callTranscripts: [{ callId: "2" }] };
  };
  return { api, asked };
}

const signal = new AbortController().signal;

test("P5 transcripts whose cursor expired are read again from the first page, each once", async () => {
  const { api, asked } = transcripts(1);
  const { byCall, nameless } = await readTranscripts(api, ["1", "2"], signal);
  expect([...byCall.keys()]).toEqual(["1", "2"]);
  expect(nameless).toHaveLength(1);
  expect(asked).toEqual([undefined, "second", undefined, "second"]);
});

test("P5 a cursor of transcripts that is refused twice is a failure, not the end of the list", async () => {
  const { api, asked } = transcripts(2);
  await expect(readTranscripts(api, ["1", "2"], signal)).rejects.toThrow("Gong refused the cursor");
  expect(asked).toHaveLength(4);
});
