import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { brief } from "../events.ts";
import { interruptible, runProgram } from "../harness.ts";
import { sshKey, sshServer } from "./sshServer.ts";

const program = join(import.meta.dirname, "../programs/remote");
const token = `token-${randomBytes(4).toString("hex")}`;

async function start(config: Record<string, unknown> = {}) {
  const key = sshKey();
  const server = await sshServer(key.publicKey);
  const stack = await runProgram({ program, secrets: { token, privateKey: key.privateKey } });
  const folder = join(stack.dir, "host");
  mkdirSync(folder);
  const settings = { host: "127.0.0.1", port: server.port, hostKey: server.hostKey, folder, ...config };
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  return { key, server, stack, folder, read, first: () => stack.up({ config: settings }) };
}

test("commands run by SSH with the pinned host key, files are copied, triggers replace, no key is in the state", async () => {
  const { server, stack, read, key, first } = await start();
  const up = await first();
  expect(up.code, up.stdout + up.stderr).toBe(0);
  expect(await stack.outputs()).toEqual({ installed: `installed 1 with ${token.length} bytes` });
  expect(read("etc/app/settings.yaml")).toBe("a: 1");
  expect(read("copied/remote/Pulumi.yaml")).toContain("name: program-remote");
  expect(server.connections()).toBe(0);

  const state = JSON.stringify(await stack.export());
  expect(state).not.toContain(token);
  expect(state).not.toContain(key.privateKey.split("\n")[1]);
  const before = server.commands.length;
  expect(brief((await stack.up()).steps)).toEqual([]);
  expect(server.commands).toHaveLength(before);

  const copied = await stack.up({ config: { settings: "a: 2" } });
  expect(brief(copied.steps)).toEqual(["update settings"]);
  expect(read("etc/app/settings.yaml")).toBe("a: 2");

  const replaced = await stack.up({ config: { version: "2" } });
  expect(brief(replaced.steps)).toEqual([
    "create-replacement install",
    "replace install",
    "delete-replaced install",
  ]);
  expect(read("journal")).toBe("removed\n");
  const destroyed = await stack.destroy();
  expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(0);
  expect(read("journal")).toBe("removed\nremoved\n");
  expect(server.connections()).toBe(0);
});

test("a failed remote command reports exit status and output, with configured secrets hidden", async () => {
  const { stack, first } = await start({ fail: true });
  const failed = await first();
  expect(failed.code).not.toBe(0);
  const message = failed.diagnostics.find(({ severity }) => severity === "error")?.message;
  expect(message).toContain("Process exited with status 4");
  expect(message).toContain("half done");
  expect(JSON.stringify(failed)).not.toContain(token);
  expect((await stack.preview({ config: { proxy: true } })).code).not.toBe(0);
});

test("a variable that the server does not accept is an error, one that it accepts is set", async () => {
  const { stack, first } = await start({ variable: "APP_MODE" });
  const refused = await first();
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain('could not set environment variable "APP_MODE"');
  const taken = await stack.up({ config: { variable: "LC_MODE" } });
  expect(taken.code, taken.stdout).toBe(0);
});

test("a different host key fails the connection at once, a closed port after the given number of attempts", async () => {
  const other = await sshServer(sshKey().publicKey);
  const { stack, server, first } = await start({ hostKey: other.hostKey, dialErrorLimit: 100 });
  const refused = await first();
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain("host key mismatch");
  expect(server.commands).toEqual([]);

  const closed = await stack.up({ config: { hostKey: server.hostKey, port: 1, dialErrorLimit: 1 } });
  expect(closed.code).not.toBe(0);
  expect(closed.stdout).toMatch(/ssh ubuntu@127\.0\.0\.1:1: after 2 failed attempts: .*ECONNREFUSED/);
});

test("a rejected key fails the connection early, naming the account, the key and what to do", async () => {
  const other = await sshServer(sshKey().publicKey);
  const { key, first } = await start({ dialErrorLimit: -1, port: other.port, hostKey: other.hostKey });
  const failed = await first();
  expect(failed.code).not.toBe(0);
  expect(failed.stdout).toMatch(
    /ssh ubuntu@127\.0\.0\.1:\d+: the host rejected the login 5 times \(key ssh-ed25519 SHA256:\S+\)/,
  );
  expect(failed.stdout).toContain("~ubuntu/.ssh/authorized_keys");
  expect(JSON.stringify(failed)).not.toContain(key.privateKey.split("\n")[1]);
  expect(other.commands).toEqual([]);
});

test("an interrupt of the CLI ends the session; the next up continues", async () => {
  const { stack, server, folder, first } = await start();
  expect((await first()).code).toBe(0);
  const interrupt = interruptible();
  const up = stack.up({ config: { hang: true }, interrupt: interrupt.promise });
  await waitFor({ what: "the hanging command", deadline: 120, interval: 0.2 }, async () =>
    existsSync(join(folder, "hanging")) ? true : notYet("not started"),
  );
  interrupt.now();
  expect((await up).code).not.toBe(0);
  await waitFor({ what: "the end of the session", deadline: 240, interval: 0.1 }, async () =>
    server.connections() === 0 ? true : notYet(`${server.connections()} open`),
  );
  const next = await stack.up({ config: { hang: false } });
  expect(next.code, next.stdout).toBe(0);
});
