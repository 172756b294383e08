import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  authorizedKeysScript,
  authorizeNewKey,
  type KeyChangeProps,
  provider,
} from "../../../../k3s/ssh/keyChangeProvider.ts";
import { sshKeyPair } from "../../../support/sshKey.ts";
import { type Behaviour, sshServerOfTest } from "./sshServer.ts";

const [before, now, other] = [sshKeyPair(), sshKeyPair(), sshKeyPair()] as const;

describe("S2 authorized_keys", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "keys-"));
    file = join(folder, "home/.ssh/authorized_keys");
    mkdirSync(join(folder, "home/.ssh"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The real script on files below the test's folder. */
  const run = (add: string, drop: string[]) => {
    const text = authorizedKeysScript("ubuntu", add, drop)
      .replace("state=/var/lib/sophia", `state=${folder}/state`)
      .replaceAll("/run/sophia", `${folder}/lock`)
      .replaceAll("/root/.ssh", `${folder}/root/.ssh`)
      .replace("home=$(getent", `home=${folder}/home; : $(echo`);
    const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input: text, encoding: "utf8" });
    return { status, stdout, stderr };
  };

  test("adds the new key to the existing ones, once", () => {
    writeFileSync(file, `# people\nfrom="192.0.2.0/24" ${other.public} anna@laptop\n${before.public}\n`, {
      mode: 0o600,
    });
    expect(run(`${now.public} a comment`, []).stdout).toBe(`changed ${file}\n`);
    expect(run(now.public, []).stdout).toBe("nothing to change\n");
    const lines = readFileSync(file, "utf8").split("\n");
    expect(lines).toEqual([
      "# people",
      `from="192.0.2.0/24" ${other.public} anna@laptop`,
      before.public,
      now.public,
      "",
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("removes the previous key everywhere, with any options and comment; other keys stay", () => {
    const forced = `no-pty,command="echo Please login as ubuntu" ${before.public} launch`;
    mkdirSync(join(folder, "root/.ssh"), { recursive: true });
    writeFileSync(join(folder, "root/.ssh/authorized_keys"), `${forced}\n`);
    writeFileSync(file, `${before.public} launch\n${other.public}\n${now.public}\n`);
    expect(run(now.public, [before.public]).status).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(`${other.public}\n${now.public}\n`);
    expect(readFileSync(join(folder, "root/.ssh/authorized_keys"), "utf8")).not.toContain("ssh-ed25519");
  });

  test("never removes the key in use", () => {
    writeFileSync(file, `${now.public}\n`);
    expect(run(now.public, [`${now.public} the same`]).stdout).toBe("nothing to change\n");
  });
});

describe("S2 the SSH key of a running host is changed", () => {
  async function server(accepts: Behaviour["accepts"]) {
    const started = await sshServerOfTest({ accepts, answer: { code: 0, output: "nothing to change\n" } });
    const props: KeyChangeProps = {
      machineId: "m",
      host: { address: "127.0.0.1", port: started.port, user: "ubuntu" },
      hostKey: started.publicKey,
      keys: {
        privateKey: now.private,
        publicKey: now.public,
        previousPrivateKey: before.private,
        previousPublicKey: before.public,
      },
    };
    return { started, props };
  }
  const blob = (key: { public: string }) => key.public.split(" ")[1] ?? "";

  test("by a login with the previous key, then proved by one with the new", async () => {
    const { started, props } = await server(true);
    await authorizeNewKey(props, undefined, 0);
    expect(started.keys).toEqual([blob(before), blob(now)]);
    expect(started.commands.map(({ stdin }) => stdin.includes(`ADD='ssh-ed25519 ${blob(now)}'`))).toEqual([
      true,
      true,
    ]);
    // Not on a command line, where every user of the host would see it.
    expect(started.commands.map(({ line }) => line).join()).not.toContain(blob(now));
  });

  test("a host that was launched with the new key is not changed", async () => {
    const { started, props } = await server([now.public]);
    await authorizeNewKey(props, undefined, 0);
    expect(started.commands).toHaveLength(1);
  });

  test("a host that accepts neither key is named, and not tried again", async () => {
    const { started, props } = await server([]);
    await expect(authorizeNewKey(props, undefined, 30)).rejects.toThrow(
      /127\.0\.0\.1 accepts neither sshPrivateKey nor sshPreviousPrivateKey: set sophia-infra:sshPreviousPrivateKey to the key of its last update/,
    );
    expect(started.commands).toEqual([]);
  });

  test("a second change before the end of the first removes the oldest key", async () => {
    const { started, props } = await server(true);
    const { update } = provider;
    const third = { ...props.keys, previousPublicKey: other.public, previousPrivateKey: other.private };
    await update?.(
      "m",
      { ...props, keys: { ...props.keys, publicKey: other.public } },
      { ...props, keys: third },
    );
    expect(started.commands.at(-1)?.stdin).toContain(`DROP='ssh-ed25519 ${blob(before)}'`);
  });

  test("at the end the previous key is removed, by a login with the new one", async () => {
    const { started, props } = await server([now.public]);
    await provider.delete?.("m", props);
    expect(started.commands.map(({ stdin }) => stdin.includes(`DROP='ssh-ed25519 ${blob(before)}'`))).toEqual(
      [true],
    );
  });
});
