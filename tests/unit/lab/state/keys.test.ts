import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { publicKeyOf } from "../../../../components/core/publicKey.ts";
import { backupSecretNames } from "../../../../components/settings/environment/backup.ts";
import { files, type Lab } from "../../../../lab/lab.ts";
import { makeSaasCredentials } from "../../../../lab/saas/credentials.ts";
import { labKeys, placeholderSecrets } from "../../../../lab/state/keys.ts";
import { backupKeys } from "../../../../lab/state/vendorCredentials.ts";
import { run } from "../../../../tools/exec.ts";

function newLab(name = "keys"): Lab {
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { name, folder: join(folder, name), cache: join(folder, "cache"), configFile: "" };
}

/** The address of a handshake's certificate's subject, as a client sees it that trusts the CA alone. */
function handshake(ca: string, cert: string, key: string, servername: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer({ cert, key }, (socket) => socket.end());
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      const socket = connect({ host: "127.0.0.1", port, ca, servername }, () => {
        socket.end();
        resolve(socket.authorized);
      });
      socket.on("error", reject);
      socket.on("close", () => server.close());
    });
  });
}

test("S1 keys are made once and kept, readable for their owner only", async () => {
  const lab = newLab();
  const first = await labKeys(lab, ["sophia.lab"], ["127.0.0.1"]);
  expect(await labKeys(lab, ["sophia.lab"], ["127.0.0.1"])).toEqual(first);
  const path = files(lab);
  for (const file of [path.sshKey, path.caKey, path.tlsKey, path.apiKey, path.passphrase]) {
    expect([file, (statSync(file).mode & 0o777).toString(8)]).toEqual([file, "600"]);
  }
  expect((statSync(join(lab.folder, "keys")).mode & 0o777).toString(8)).toBe("700");
  expect(readdirSync(join(lab.folder, "keys")).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("S1 two labs have nothing in common", async () => {
  const [one, two] = await Promise.all(
    [newLab(), newLab()].map(async (lab) => ({
      ...(await labKeys(lab, ["sophia.lab"], [])),
      passphrase: readFileSync(files(lab).passphrase, "utf8"),
      ca: readFileSync(files(lab).caKey, "utf8"),
    })),
  );
  const common = Object.entries(one ?? {}).filter(([, value]) => Object.values(two ?? {}).includes(value));
  expect(common).toEqual([]);
});

test("the SSH key is a pair, and the API key has the vendor's form", async () => {
  const lab = newLab();
  const { sshPublicKey, lambdaApiKey } = await labKeys(lab, ["sophia.lab"], []);
  const derived = await run("ssh-keygen", ["-y", "-f", files(lab).sshKey]);
  expect(sshPublicKey.split(" ").slice(0, 2)).toEqual(derived.stdout.trim().split(" ").slice(0, 2));
  expect(sshPublicKey).toMatch(/^ssh-ed25519 \S+ sophia-keys$/);
  expect(lambdaApiKey).toMatch(/^secret_lab-keys_[0-9a-f]{32}\.[0-9a-f]{32}$/);
});

test("N1 a client that trusts the lab's CA accepts the certificate for its names, and for no other", async () => {
  const lab = newLab();
  const { tlsCertificate, tlsKey } = await labKeys(lab, ["sophia.lab", "api.sophia.lab"], ["127.20.1.2"]);
  const ca = readFileSync(files(lab).ca, "utf8");
  expect(await handshake(ca, tlsCertificate, tlsKey, "sophia.lab")).toBe(true);
  expect(await handshake(ca, tlsCertificate, tlsKey, "api.sophia.lab")).toBe(true);
  await expect(handshake(ca, tlsCertificate, tlsKey, "other.lab")).rejects.toThrow(/altnames/);
  const stranger = newLab();
  await labKeys(stranger, ["sophia.lab"], []);
  const foreign = readFileSync(files(stranger).ca, "utf8");
  await expect(handshake(foreign, tlsCertificate, tlsKey, "sophia.lab")).rejects.toThrow(/certificate/);
  const leaf = new X509Certificate(tlsCertificate);
  expect(leaf.checkIP("127.20.1.2")).toBe("127.20.1.2");
  expect([leaf.ca, new X509Certificate(ca).ca]).toEqual([false, true]);
});

test("other names make another certificate of the same CA, and leave every other key alone", async () => {
  const lab = newLab();
  const first = await labKeys(lab, ["sophia.lab"], []);
  const ca = readFileSync(files(lab).ca, "utf8");
  const second = await labKeys(lab, ["other.lab"], []);
  expect(second.tlsCertificate).not.toBe(first.tlsCertificate);
  expect(new X509Certificate(second.tlsCertificate).subjectAltName).toBe("DNS:other.lab");
  expect(await handshake(ca, second.tlsCertificate, second.tlsKey, "other.lab")).toBe(true);
  expect(readFileSync(files(lab).ca, "utf8")).toBe(ca);
  const { tlsCertificate, tlsKey, ...others } = first;
  expect(second).toMatchObject(others);
});

test("what a kill left half done is made again", async () => {
  const lab = newLab();
  const first = await labKeys(lab, ["sophia.lab"], []);
  writeFileSync(`${files(lab).apiKey}.new`, "half a k");
  rmSync(files(lab).apiKey);
  rmSync(files(lab).tlsCertificate);
  rmSync(`${files(lab).sshKey}.pub`, { force: true });
  const again = await labKeys(lab, ["sophia.lab"], []);
  expect(again.lambdaApiKey).not.toBe(first.lambdaApiKey);
  expect(again.lambdaApiKey).toMatch(/^secret_lab/);
  expect(again.sshPublicKey).toBe(first.sshPublicKey);
  expect(
    await handshake(readFileSync(files(lab).ca, "utf8"), again.tlsCertificate, again.tlsKey, "sophia.lab"),
  ).toBe(true);
});

test("an SSH key whose making was interrupted leaves nothing that the next run takes for a key", async () => {
  const lab = newLab();
  const tools = mkdtempSync(join(tmpdir(), "lab-"));
  onTestFinished(() => rmSync(tools, { recursive: true }));
  // Ends as one that is interrupted between its two files: the first is there, whole or in part.
  const half = '#!/bin/sh\nwhile [ "$1" != -f ]; do shift; done\necho half > "$2"\nexit 130\n';
  writeFileSync(join(tools, "ssh-keygen"), half, { mode: 0o755 });
  const path = process.env.PATH;
  process.env.PATH = `${tools}:${path}`;
  try {
    await expect(labKeys(lab, ["sophia.lab"], [])).rejects.toThrow(/ssh-keygen/);
    await expect(makeSaasCredentials(lab)).rejects.toThrow(/ssh-keygen/);
  } finally {
    process.env.PATH = path;
  }
  const { sshPrivateKey, sshPublicKey } = await labKeys(lab, ["sophia.lab"], []);
  expect(sshPublicKey).toBe(`${publicKeyOf(sshPrivateKey, "sshPrivateKey")} sophia-keys`);
  expect(publicKeyOf((await makeSaasCredentials(lab)).estuaryTunnelKey, "estuaryTunnelKey")).toMatch(
    /^ssh-ed25519 /,
  );
});

test("D4 the lab makes up what backups are stored with, once", async () => {
  const lab = newLab();
  const made = await backupKeys(lab);
  expect(Object.keys(made)).toEqual(backupSecretNames);
  expect(new Set(Object.values(made)).size).toBe(backupSecretNames.length);
  expect(await backupKeys(lab)).toEqual(made);
});

test("S1 a preview's secrets are well-formed and open nothing", async () => {
  const lab = newLab("preview-dev");
  const secrets = await placeholderSecrets(lab, ["sophia.test", "192.0.2.7"]);
  expect(secrets.lambdaApiKey).toBe("placeholder-preview-dev");
  expect(secrets.sshPrivateKey).toContain("OPENSSH PRIVATE KEY");
  expect(new X509Certificate(secrets.tlsCertificate).subjectAltName).toBe(
    "DNS:sophia.test, IP Address:192.0.2.7",
  );
  const names = ["lambdaApiKey", "registryPassword", "sshPrivateKey", "tlsCertificate", "tlsKey"];
  expect(Object.keys(secrets).sort()).toEqual([...backupSecretNames, ...names].sort());
});
