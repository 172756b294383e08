import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sshdConfig } from "../../../k3s/hardening/files.ts";
import { tunnelConfig, tunnelScript } from "../../../k3s/tunnel/script.ts";

const spec = { user: "estuary", target: "10.43.0.7:5432" };

test("S1 what is no user, no key or no address does not get onto a host", () => {
  expect(() => tunnelConfig({ ...spec, user: "a\nPermitRootLogin yes" })).toThrow("not a user name");
  expect(() => tunnelConfig({ ...spec, target: "any" })).toThrow("not an address with a port");
  expect(() => tunnelScript({ ...spec, publicKey: "ssh-ed25519 AAAA\nssh-rsa BBBB" })).toThrow(/public key/);
});

const sshd = "/usr/sbin/sshd";
describe.skipIf(!existsSync(sshd))("sshd", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sshd-"));
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, "host")]);
    writeFileSync(join(folder, "00.conf"), sshdConfig("ubuntu"));
    writeFileSync(join(folder, "10.conf"), tunnelConfig(spec));
    writeFileSync(join(folder, "sshd_config"), `Include ${folder}/*.conf\nHostKey ${folder}/host\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const effective = (user: string) => {
    const args = [
      "-T",
      "-f",
      join(folder, "sshd_config"),
      "-C",
      `user=${user},host=localhost,addr=127.0.0.1`,
    ];
    const { stdout, stderr } = spawnSync(sshd, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    return stdout.split("\n");
  };

  test("S1 the tunnel's user reaches one address and gets no session", () => {
    const words = ["permitopen 10.43.0.7:5432", "maxsessions 0", "permittty no", "allowtcpforwarding local"];
    expect(effective("estuary")).toEqual(
      expect.arrayContaining([...words, "permitlisten none", "allowstreamlocalforwarding no"]),
    );
  });

  test("S1 other users are as they were", () => {
    const lines = effective("ubuntu");
    expect(lines).toEqual(expect.arrayContaining(["permitopen any", "maxsessions 20", "permittty yes"]));
    expect(lines.filter((line) => line.startsWith("allowusers"))).toEqual([
      "allowusers ubuntu",
      "allowusers estuary",
    ]);
  });
});
