import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { historyPage } from "../../../../delivery/stack/history.ts";
import { type Program, programIn } from "../../../../delivery/stack/program.ts";

/** What a CLI answers that only notes what it was asked. */
interface Answers {
  /** Of `stack history`, the newest first; it is answered in pages, as by the real CLI. */
  history?: object[];
  /** Resources of `stack export`. */
  state?: object[];
  /** Of `stack tag ls`. */
  tags?: Record<string, string>;
  /** The engine's events of each preview. */
  events?: object[];
}

export interface Recorded {
  program: Program;
  /** Commits of the checkout, the first is the oldest; the last is checked out. */
  commits: [string, string, string];
  /** Replaces what the CLI answers. */
  answer(answers: Answers): void;
  /** The updates that were asked for, each as the commit that was checked out, and the arguments. */
  updates(): Call[];
  previews(): Call[];
}
interface Call {
  commit: string;
  args: string;
}

/** A checkout with three commits, and a stack whose CLI answers from files. */
export function recorded(): Recorded {
  const made = mkdtempSync(join(tmpdir(), "sophia-recorded-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  const [folder, binary, calls] = [join(made, "checkout"), join(made, "pulumi"), join(made, "calls")];
  const pages = join(made, "history");
  mkdirSync(folder);
  const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, encoding: "utf8" }).trim();
  const commit = (): string => {
    git(
      "-c",
      "user.name=t",
      "-c",
      "user.email=t@t",
      "commit",
      "--quiet",
      "--allow-empty",
      "--message=one more",
    );
    return git("rev-parse", "HEAD");
  };
  git("init", "--quiet");
  writeFileSync(calls, "");
  writeFileSync(
    binary,
    `#!/bin/sh
size=10 page=1
for each; do
  case "$each" in
    --page-size=*) size="\${each#*=}" ;;
    --page=*) page="\${each#*=}" ;;
  esac
done
case "$1 $2" in
  "stack history") cat "${pages}/$size-$page" 2>'${made}/none' || echo '[]' ;;
  "stack export") cat '${made}/state' ;;
  "stack tag") cat '${made}/tags' ;;
  up* | preview*) echo "$(git rev-parse HEAD) $*" >>'${calls}' ;;
esac
while [ $# -gt 0 ]; do
  [ "$1" = --event-log ] && cp '${made}/events' "$2"
  shift
done
`,
  );
  chmodSync(binary, 0o755);
  const answer = ({ history = [], state = [], tags = {}, events = [] }: Answers) => {
    rmSync(pages, { recursive: true, force: true });
    mkdirSync(pages);
    for (const size of [10, historyPage])
      for (let page = 1; (page - 1) * size < history.length; page++) {
        const shown = history.slice((page - 1) * size, page * size);
        writeFileSync(join(pages, `${size}-${page}`), JSON.stringify(shown));
      }
    writeFileSync(join(made, "state"), JSON.stringify({ deployment: { resources: state } }));
    writeFileSync(join(made, "tags"), JSON.stringify(tags));
    writeFileSync(join(made, "events"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  };
  answer({});
  const called = (command: string): Call[] =>
    readFileSync(calls, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => ({ commit: line.split(" ")[0] ?? "", args: line.slice(line.indexOf(" ") + 1) }))
      .filter(({ args }) => args.startsWith(command));
  const environment = {
    ...process.env,
    PULUMI_BINARY: binary,
    HELM_BINARY: "/not/needed",
    PULUMI_ORGANIZATION: "",
  };
  return {
    program: { ...programIn(folder, "dev", environment), shown: false },
    commits: [commit(), commit(), commit()],
    answer,
    updates: () => called("up "),
    previews: () => called("preview "),
  };
}

/** An update in a stack's history; `part` is one of a part alone. */
export const updated = (
  commit: string,
  more: { part?: true; result?: string; dirty?: true; kind?: string } = {},
) => ({
  kind: more.kind ?? "update",
  result: more.result ?? "succeeded",
  environment: {
    "git.head": commit,
    "git.dirty": more.dirty ? "true" : "false",
    ...(more.part ? { "pulumi.flag.target": "set" } : {}),
  },
});

/** URN of a resource of stack `dev`. */
export const urnOf = (type: string, name: string) => `urn:pulumi:dev::sophia-infra::${type}::${name}`;

/** The engine's event of one planned step. */
export function planned(
  op: string,
  type: string,
  name: string,
  inputs: Record<string, unknown> = {},
): object {
  const state = { custom: true, inputs, outputs: {} };
  const [before, after] = [op === "create" ? {} : { old: state }, op === "delete" ? {} : { new: state }];
  return { resourcePreEvent: { metadata: { op, urn: urnOf(type, name), type, ...before, ...after } } };
}
