import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sshdConfig } from "../../../../k3s/hardening/files.ts";
import { tunnelConfig } from "../../../../k3s/tunnel/script.ts";
import { programOf } from "../../../support/servers/program.ts";

const spec = { user: "estuary", target: "10.43.0.7:5432" };

const sshd = "/usr/sbin/sshd";
/** The hosts' own one, where this machine has none. */
const program = programOf("machine", "test", ["-x", sshd]);

describe("sshd", () => {
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
    return program.run(sshd, args, { folder }).split("\n");
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
