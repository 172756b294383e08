import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { quote, script } from "../../../k3s/shell/script.ts";

const bash = (text: string) => spawnSync("bash", ["-s"], { input: text, encoding: "utf8" });

test("a quoted value comes out of the shell as it went in", () => {
  const texts = fc.string({ unit: "grapheme", maxLength: 60 }).filter((text) => !text.includes("\0"));
  const nasty = fc.stringMatching(/^[ '"\\$`!*?~#&;|<>()\n\t-]{0,20}$/);
  fc.assert(
    fc.property(fc.array(fc.oneof(texts, nasty), { minLength: 1, maxLength: 20 }), (values) => {
      const { stdout } = bash(`printf '%s\\0' ${values.map(quote).join(" ")}`);
      expect(stdout.split("\0").slice(0, -1)).toEqual(values);
    }),
    { numRuns: 30 },
  );
  expect(() => quote("a\0b")).toThrow("NUL");
});

test("a variable's name must be one", () => {
  expect(() => script({ title: "t", body: "", variables: { "a b": 1 } })).toThrow("upper-case");
});

describe("prelude", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "prelude-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The real script with its state under the test's folder. */
  const run = (body: string, variables: Record<string, string> = {}, exclusive?: number) => {
    const text = script({
      title: "test",
      body,
      variables,
      ...(exclusive === undefined ? {} : { exclusive }),
    });
    const moved = text
      .replace("state=/var/lib/sophia", `state=${folder}/state`)
      .replaceAll("/run/sophia", `${folder}/lock`);
    const result = bash(moved);
    return { code: result.status, out: result.stdout, err: result.stderr };
  };

  test("K1 a file is written only when it differs", () => {
    const body = `begin one\nput ${folder}/etc/file 0600 <<<"$TEXT"\nif pending; then say acted; settle; fi`;
    expect(run(body, { TEXT: "a" }).out).toBe(`changed ${folder}/etc/file\nacted\n`);
    expect(statSync(`${folder}/etc/file`).mode & 0o777).toBe(0o600);
    expect(run(body, { TEXT: "a" }).out).toBe("nothing to change\n");
    expect(run(body, { TEXT: "b" }).out).toContain("changed");
    expect(readFileSync(`${folder}/etc/file`, "utf8")).toBe("b\n");
  });

  test("S1 an unexpected end names the command, without the values of its variables", () => {
    const body = 'found=$(ls "$FOLDER" 2>/dev/null | wc -l)\nsay "$found"';
    expect(run(body, { FOLDER: "/nowhere/a-secret" })).toEqual({
      code: 2,
      out: "",
      err: `error: ended with 2 at: found=$(ls "$FOLDER" 2> /dev/null | wc -l)\n`,
    });
    expect(run('fail "no $FOLDER"', { FOLDER: "folder" }).err).toBe("error: no folder\n");
  });

  test("a wrong mode is put right", () => {
    mkdirSync(join(folder, "etc"));
    writeFileSync(join(folder, "etc/file"), "a\n", { mode: 0o644 });
    expect(run(`begin one\nput ${folder}/etc/file 0600 <<<a`).out).toContain("changed");
    expect(statSync(`${folder}/etc/file`).mode & 0o777).toBe(0o600);
  });

  test("K1 a run that was cut off between writing and acting is finished by the next one", () => {
    const write = `begin one\nput ${folder}/file 0644 <<<a`;
    expect(run(`${write}\nkill -9 $$`).code).not.toBe(0);
    expect(run(`${write}\nif pending; then say acted; settle; fi`).out).toContain("acted");
    expect(run(`${write}\nif pending; then say acted; fi`).out).not.toContain("acted");
  });

  test("the first failing command ends the script", () => {
    const { code, out } = run("false | true\nsay never");
    expect(code).not.toBe(0);
    expect(out).not.toContain("never");
  });

  test("a wait that fails says for what, how long and why", () => {
    const { code, err } = run('probe() { echo "not today"; return 1; }\nwait_for "the sun" 0 probe');
    expect(code).toBe(1);
    expect(err).toBe("error: waited 0 s for the sun; last: not today\n");
  });

  /** Runs `need_packages one` with an apt that answers `update` by this shell text; returns also apt's calls. */
  const withApt = (update: string) => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    const program = (name: string, text: string) =>
      writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    program("dpkg-query", "exit 1");
    program(
      "apt-get",
      `echo "$*" >>${folder}/calls\ncalls=$(wc -l <${folder}/calls)\n[[ $* == *" update" ]] || exit 0\n${update}`,
    );
    const ran = run(`PATH=${bin}:$PATH\nneed_packages one`);
    const calls = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
    return { ...ran, calls: calls.map((line) => (line.endsWith(" update") ? "update" : "install")) };
  };

  test("H1 packages are installed once apt's daily timer has read the lists", () => {
    const locked = "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)";
    const { out, calls } = withApt(`((calls > 2)) || { echo '${locked}'; exit 100; }`);
    expect(calls).toEqual(["update", "update", "update", "install"]);
    expect(out).toBe("installing one\nchanged packages: one\n");
  });

  test("H1 package lists that cannot be read are no reason to wait", () => {
    const { out, calls } = withApt("echo 'E: The repository has no Release file.'; exit 100");
    expect(calls).toEqual(["update", "install"]);
    expect(out).toContain("note: apt-get update failed, continuing with the existing package lists\n");
  });

  test("nothing in a script can eat the rest of it", () => {
    expect(run("cat\nsay after").out).toBe("after\nnothing to change\n");
  });

  test("two scripts on one host take turns", () => {
    mkdirSync(join(folder, "lock"));
    const lock = join(folder, "lock/bootstrap.lock");
    const held = bash(`exec 8>${lock}; flock 8; ${quoteRun("say in", 0)}`);
    expect(held.stderr).toContain("waited 0 s for another bootstrap script");
    expect(run("say in", {}, 0).out).toContain("in");
  });

  test("S1 only root can hold the lock", () => {
    run("say in", {}, 0);
    expect(statSync(join(folder, "lock")).mode & 0o777).toBe(0o700);
  });

  function quoteRun(body: string, exclusive: number): string {
    const text = script({ title: "test", body, variables: {}, exclusive })
      .replace("state=/var/lib/sophia", `state=${folder}/state`)
      .replaceAll("/run/sophia", `${folder}/lock`);
    return `bash -s <<'EOF_OF_TEST'\n${text}\nEOF_OF_TEST\n`;
  }
});
