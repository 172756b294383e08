import { expect, test } from "vitest";
import { turns } from "../../../components/core/generation.ts";

const both = [0, 1] as const;

test("S2 the value in use stays as it is in the next generation, and is replaced in the one after", () => {
  for (let generation = 1; generation < 10; generation += 1) {
    const [now, next, after] = [0, 1, 2].map((more) => turns(generation + more)) as [
      ReturnType<typeof turns>,
      ReturnType<typeof turns>,
      ReturnType<typeof turns>,
    ];
    expect(next.current).not.toBe(now.current);
    expect(next.options[now.current]).toEqual(now.options[now.current]);
    expect(next.options[next.current]).not.toEqual(now.options[next.current]);
    for (const one of both) expect(after.options[one]).not.toEqual(now.options[one]);
  }
});

test("S2 a stack from before the setting keeps its value", () => {
  expect(turns()).toEqual({ current: 0, options: [{}, { keepers: { generation: "0" } }] });
  expect(turns(1)).toEqual(turns());
});
