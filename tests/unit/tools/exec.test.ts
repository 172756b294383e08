import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { alive, identify } from "../../../lab/state/process.ts";
import { CommandFailed, killShielded, run } from "../../../tools/exec.ts";

const node = (script: string, options?: Parameters<typeof run>[2]) =>
  run(process.execPath, ["-e", script], options);

test("both outputs are collected, told line by line, and end with the last, unfinished line", async () => {
  const lines: string[] = [];
  const result = await node("console.log('one\\ntwo'); console.error('three'); process.stdout.write('end')", {
    onLine: (line) => lines.push(line),
  });
  expect(result).toEqual({ code: 0, stdout: "one\ntwo\nend\n", stderr: "three\n" });
  expect(lines.sort()).toEqual(["end", "one", "three", "two"]);
});

test("S1 a secret goes by standard input, and a program that does not read it does no harm", async () => {
  const secret = "s".repeat(1_000_000);
  const read = "let n = 0; process.stdin.on('data', (d) => n += d.length).on('end', () => console.log(n))";
  expect((await node(read, { stdin: secret })).stdout).toBe("1000000\n");
  expect((await node("process.exit(0)", { stdin: secret })).code).toBe(0);
  expect((await node("process.stdin.on('end', () => console.log('none')).resume()")).stdout).toBe("none\n");
});

test("the environment is added to, and a variable can be taken away", async () => {
  process.env.EXEC_TEST = "inherited";
  const show = "console.log(process.env.EXEC_TEST, process.env.MORE, Boolean(process.env.PATH))";
  expect((await node(show, { env: { MORE: "more" } })).stdout).toBe("inherited more true\n");
  expect((await node(show, { env: { EXEC_TEST: undefined } })).stdout).toBe("undefined undefined true\n");
  delete process.env.EXEC_TEST;
});

test("a failure has the command, its code and the end of what it said", async () => {
  const script =
    "for (let i = 0; i < 50; i += 1) console.log('line ' + i); console.error('why'); process.exit(3)";
  const failure = await run("sh", ["-c", `exec "$0" -e "${script}"`, process.execPath]).catch(
    (error) => error,
  );
  expect(failure).toBeInstanceOf(CommandFailed);
  expect(failure.message).toMatch(/^sh -c ended with 3:\n/);
  expect(failure.message).toContain("line 49\n");
  expect(failure.message).toMatch(/why$/);
  expect(failure.message).not.toContain("line 10\n");
  expect(failure.result.stdout).toContain("line 10\n");
  expect((await node("process.exit(3)", { allowFailure: true })).code).toBe(3);
  expect((await node("process.kill(process.pid, 'SIGKILL')", { allowFailure: true })).code).toBe(128);
});

test("a program that is not there is named", async () => {
  await expect(run("no-such-program", ["x"])).rejects.toThrow(/cannot run no-such-program: .*ENOENT/);
});

test("an aborted program is waited for until it has really ended", async () => {
  const mark = join(mkdtempSync(join(tmpdir(), "exec-")), "ended");
  const abort = new AbortController();
  const tidy = `process.on('SIGTERM', () => setTimeout(() => {
    require('fs').writeFileSync(${JSON.stringify(mark)}, 'tidy'); process.exit(0) }, 200));
    console.log('ready'); setInterval(() => {}, 1000)`;
  const ended = node(tidy, {
    signal: abort.signal,
    onLine: () => abort.abort(new Error("interrupted by the test")),
  });
  await expect(ended).rejects.toThrow(/-e was stopped: interrupted by the test/);
  expect(existsSync(mark) && readFileSync(mark, "utf8")).toBe("tidy");
});

test("a signal that was given before ends the program before it does anything", async () => {
  await expect(node("setInterval(() => {}, 1000)", { signal: AbortSignal.abort() })).rejects.toThrow(
    /was stopped/,
  );
});

test("what a shielded program left running when it ended can still be killed, as by the third Ctrl-C", async () => {
  const abort = new AbortController();
  const lines: string[] = [];
  const left = "trap '' TERM; echo $$; i=0; while [ $((i += 1)) -lt 600 ]; do sleep 0.1; done";
  const ended = run("sh", ["-c", `sh -c "$0" & wait`, left], {
    signal: abort.signal,
    shielded: true,
    onLine: (line) => lines.push(line),
  });
  await expect.poll(() => lines.length, { timeout: 60_000 }).toBe(1);
  const process = await identify(Number(lines[0]));
  if (!process) throw new Error(`${lines[0]} is no process`);
  abort.abort(new Error("interrupted by the test"));
  await expect(ended).rejects.toThrow(/was stopped/);
  expect(await alive(process)).toBe(true);
  killShielded();
  await expect.poll(() => alive(process), { timeout: 60_000 }).toBe(false);
});
