import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { duration, Progress } from "../../../../lab/terminal/progress.ts";
import type { Artefact } from "../../../../tools/artefacts/artefact.ts";

/** A terminal, or a file, that remembers what was written. */
class Screen extends Writable {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number | undefined;
  constructor(isTTY: boolean, columns?: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}

const on = (isTTY: boolean, columns?: number) => {
  const screen = new Screen(isTTY, columns);
  return { screen, progress: new Progress(screen as unknown as NodeJS.WriteStream) };
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

test.each([
  [0, "0.0s"],
  [3.14, "3.1s"],
  [10, "10s"],
  [59.4, "59s"],
  [59.6, "1m 00s"],
  [75, "1m 15s"],
  [3605, "60m 05s"],
])("%d seconds are written %s", (seconds, text) => expect(duration(seconds)).toBe(text));

describe("without a terminal", () => {
  test("a phase, its steps and their times are a line each, free of control characters", async () => {
    const { screen, progress } = on(false);
    const done = progress.phase("Lab", async () => {
      await progress.step("image registry", () => pass(2));
      progress.say("+ 3 created");
      return "result";
    });
    expect(await done).toBe("result");
    expect(screen.text).toBe(`Lab\n  ✔ ${"image registry".padEnd(48)} 2.0s\n  + 3 created\n`);
    expect(progress.timings).toEqual([{ title: "Lab", seconds: 2 }]);
  });

  test("every half minute it shows that it is alive, and what the only step said last", async () => {
    const { screen, progress } = on(false);
    progress.begin("build k3s");
    progress.note("build k3s", "\u001b[32mcompiling apiserver\u001b[0m\r\n");
    progress.note("unknown", "nobody hears this");
    await pass(29);
    expect(screen.text).toBe("");
    await pass(1);
    expect(screen.text).toBe("  … build k3s 30s: compiling apiserver\n");
    progress.begin("build helm");
    await pass(30);
    expect(screen.text.split("\n")[1]).toBe("  … build k3s 1m 00s, build helm 30s");
  });

  test("a failed step says so and how long it took, and the error goes on", async () => {
    const { screen, progress } = on(false);
    const step = progress.step("registry", async () => {
      await pass(1);
      throw new Error("no disk");
    });
    await expect(step).rejects.toThrow("no disk");
    expect(screen.text).toBe(`  ✘ ${"registry".padEnd(48)} failed after 1.0s\n`);
  });

  test("when nothing runs any more it is silent, and keeps no timer", async () => {
    const { screen, progress } = on(false);
    progress.begin("a");
    progress.end("a", "✔", "");
    screen.text = "";
    expect(vi.getTimerCount()).toBe(0);
    await pass(120);
    expect(screen.text).toBe("");
  });
});

describe("on a terminal", () => {
  const visible = (text: string) => text.split("\r\x1b[2K").at(-1) ?? "";

  test("a live line is rewritten in place, and gives way to lines that stay", async () => {
    const { screen, progress } = on(true, 100);
    progress.begin("build k3s");
    await pass(1);
    expect(screen.text).toBe("\r\x1b[2K  … build k3s 0.5s\r\x1b[2K  … build k3s 1.0s");
    progress.end("build k3s", "✔", "1s");
    expect(screen.text.endsWith(`\r\x1b[2K  ✔ ${"build k3s".padEnd(48)} 1s\n`)).toBe(true);
  });

  test("the live line never wraps, whatever a step says", async () => {
    const { screen, progress } = on(true, 40);
    progress.begin("build k3s");
    progress.note("build k3s", "x".repeat(500));
    await pass(0.5);
    expect(visible(screen.text)).toHaveLength(39);
    expect(screen.text.startsWith("\r\x1b[2K  … build k3s")).toBe(true);
  });

  test.each([undefined, 0])("a terminal of unknown width (%s) is taken for a usual one", async (columns) => {
    const { screen, progress } = on(true, columns);
    progress.begin("build k3s");
    await pass(0.5);
    expect(visible(screen.text)).toBe("  … build k3s 0.5s");
  });
});

test("artefacts are told apart by what became of them", () => {
  const { screen, progress } = on(false);
  const artefact = (title: string) => ({ title }) as Artefact;
  const folder = "/cache";
  progress.artefact({ kind: "cached", artefact: artefact("helm"), folder });
  for (const title of ["k3s", "image"]) progress.artefact({ kind: "started", artefact: artefact(title) });
  progress.artefact({ kind: "output", artefact: artefact("k3s"), line: "quiet" });
  progress.artefact({ kind: "built", artefact: artefact("k3s"), folder, seconds: 75 });
  progress.artefact({ kind: "failed", artefact: artefact("image"), seconds: 3, error: new Error("x") });
  expect(screen.text.replaceAll(/ {2,}/g, "  ")).toBe(
    "  ✔ helm  cached\n  ✔ k3s  built in 1m 15s\n  ✘ image  failed after 3.0s\n",
  );
});
