import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import ssh2, { type Attributes, type Connection, type Session, type SFTPWrapper } from "ssh2";
import { onTestFinished } from "vitest";
import { sshKeyPair } from "../../support/sshKey.ts";

const { Server, utils } = ssh2;
const { STATUS_CODE } = utils.sftp;

/** A key pair as `ssh-keygen` makes it, for this run only. */
export function sshKey(): { privateKey: string; publicKey: string } {
  const { private: privateKey, public: publicKey } = sshKeyPair();
  return { privateKey, publicKey };
}

export interface SshServer {
  port: number;
  /** As in a known_hosts file, without the host. */
  hostKey: string;
  /** Commands that were run, in order. */
  commands: string[];
  /** Connections open now. */
  connections(): number;
  /** Closes every connection without a word, as a host that dies does. */
  drop(): void;
}

const attributes = (stats: {
  mode: number;
  size: number;
  uid: number;
  gid: number;
  atimeMs: number;
  mtimeMs: number;
}): Attributes => ({
  mode: stats.mode,
  size: stats.size,
  uid: stats.uid,
  gid: stats.gid,
  atime: Math.floor(stats.atimeMs / 1000),
  mtime: Math.floor(stats.mtimeMs / 1000),
});

/** SFTP onto this machine's own files, as far as uploads need it. */
function serveSftp(sftp: SFTPWrapper): void {
  const answer = (id: number, act: () => void) => {
    try {
      act();
      sftp.status(id, STATUS_CODE.OK);
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      sftp.status(id, missing ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE, String(error));
    }
  };
  const info = (id: number, stats: () => Attributes) => {
    try {
      sftp.attrs(id, stats());
    } catch {
      sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
    }
  };
  sftp.on("STAT", (id, path) => info(id, () => attributes(statSync(path))));
  sftp.on("LSTAT", (id, path) => info(id, () => attributes(statSync(path))));
  sftp.on("FSTAT", (id, handle) => info(id, () => attributes(fstatSync(handle.readUInt32BE(0)))));
  sftp.on("SETSTAT", (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on("FSETSTAT", (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on("MKDIR", (id, path) => answer(id, () => mkdirSync(path)));
  sftp.on("OPEN", (id, path, flags) => {
    try {
      const handle = Buffer.alloc(4);
      handle.writeUInt32BE(openSync(path, utils.sftp.flagsToString(flags) ?? "w"));
      sftp.handle(id, handle);
    } catch (error) {
      sftp.status(id, STATUS_CODE.FAILURE, String(error));
    }
  });
  sftp.on("WRITE", (id, handle, offset, data) =>
    answer(id, () => writeSync(handle.readUInt32BE(0), data, 0, data.length, offset)),
  );
  sftp.on("CLOSE", (id, handle) => answer(id, () => closeSync(handle.readUInt32BE(0))));
}

function serveSession(session: Session, commands: string[], acceptEnv: RegExp): void {
  const env: Record<string, string> = {};
  session.on("env", (accept, reject, { key, val }) => {
    if (!acceptEnv.test(key)) return reject?.();
    env[key] = val;
    accept?.();
  });
  session.on("sftp", (accept) => serveSftp(accept()));
  session.on("exec", (accept, _reject, { command }) => {
    commands.push(command);
    const channel = accept();
    const child = spawn("/bin/sh", ["-c", command], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    const end = () => {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    };
    channel.pipe(child.stdin);
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk) => channel.write(chunk));
    child.stderr.on("data", (chunk) => channel.stderr.write(chunk));
    session.on("signal", end);
    channel.on("close", end);
    child.on("close", (code, signal) => {
      if (signal) channel.exit(signal.replace("SIG", ""), false, "");
      else channel.exit(code ?? 0);
      channel.end();
    });
  });
}

/** An SSH server on loopback that runs commands on this machine for one key. Ends with the test. */
export async function sshServer(
  publicKey: string,
  options: { acceptEnv?: RegExp; port?: number } = {},
): Promise<SshServer> {
  const host = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "pkcs1", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const hostKey = utils.parseKey(host.privateKey);
  const allowed = utils.parseKey(publicKey);
  if (hostKey instanceof Error || allowed instanceof Error) throw new Error("cannot read a generated key");
  const commands: string[] = [];
  const open = new Set<Connection>();
  const server = new Server({ hostKeys: [host.privateKey] }, (client) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => open.delete(client));
    client.on("authentication", (attempt) => {
      const known =
        attempt.method === "publickey" &&
        attempt.username === "ubuntu" &&
        attempt.key.data.equals(allowed.getPublicSSH()) &&
        (!attempt.signature ||
          !attempt.blob ||
          allowed.verify(attempt.blob, attempt.signature, attempt.hashAlgo) === true);
      if (known) attempt.accept();
      else attempt.reject(["publickey"]);
    });
    client.on("session", (accept) => serveSession(accept(), commands, options.acceptEnv ?? /^LC_/));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    for (const client of open) client.end();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    port: address.port,
    hostKey: `ssh-rsa ${hostKey.getPublicSSH().toString("base64")}`,
    commands,
    connections: () => open.size,
    drop: () => {
      for (const client of open) client.end();
    },
  };
}
