import { readdir, stat } from "node:fs/promises";
import { basename, join, posix } from "node:path";
import type { Client, SFTPWrapper } from "ssh2";
import type { RequestContext } from "../kit/provider.ts";
import type { ResourceType } from "../kit/resources.ts";
import { Fields } from "../kit/schema.ts";
import type { Asset, Properties } from "../kit/values.ts";
import { copyInputs, newId } from "./inputs.ts";
import { withConnection } from "./ssh.ts";

type Kind = "file" | "folder" | "missing";

/** SFTP with promises and with errors that contain the remote path. */
class Remote {
  readonly #sftp: SFTPWrapper;
  constructor(sftp: SFTPWrapper) {
    this.#sftp = sftp;
  }
  #call(what: string, act: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
    return new Promise((resolve, reject) =>
      act((error) =>
        error ? reject(new Error(`failed to ${what}: ${error.message}`, { cause: error })) : resolve(),
      ),
    );
  }
  kind(path: string): Promise<Kind> {
    return new Promise((resolve, reject) =>
      this.#sftp.stat(path, (error, stats) => {
        if (!error) return resolve(stats.isDirectory() ? "folder" : "file");
        // SSH_FX_NO_SUCH_FILE
        if ("code" in error && error.code === 2) return resolve("missing");
        reject(new Error(`failed to stat remote path ${path}: ${error.message}`, { cause: error }));
      }),
    );
  }
  async folder(path: string): Promise<void> {
    const kind = await this.kind(path);
    if (kind === "folder") return;
    if (kind === "file") throw new Error(`remote path ${path} exists but is not a directory`);
    const parent = posix.dirname(path);
    if (parent !== path) await this.folder(parent);
    await this.#call(`create remote directory ${path}`, (done) => this.#sftp.mkdir(path, done));
  }
  file(from: string, to: string): Promise<void> {
    return this.#call(`copy file ${from} to remote path ${to}`, (done) => this.#sftp.fastPut(from, to, done));
  }
  text(text: string, to: string): Promise<void> {
    return this.#call(`write to remote path ${to}`, (done) => this.#sftp.writeFile(to, text, done));
  }
}

const openSftp = (client: Client): Promise<SFTPWrapper> =>
  new Promise((resolve, reject) => client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))));

async function copyFolder(remote: Remote, from: string, to: string): Promise<void> {
  await remote.folder(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const target = posix.join(to, entry.name);
    if (entry.isDirectory()) await copyFolder(remote, join(from, entry.name), target);
    else await remote.file(join(from, entry.name), target);
  }
}

/**
 * Copies as the official plugin does: into an existing folder under the source's name, replacing an existing file,
 * creating parent folders. A source folder without a final slash keeps its name in the target.
 */
async function copy(remote: Remote, source: Asset, to: string): Promise<void> {
  const kind = await remote.kind(to);
  const { text, path = "" } = source.source;
  if (text !== undefined || source.source.path === undefined) {
    if (kind === "folder")
      throw new Error(`remote path ${to} is a directory; a string asset needs a file name`);
    await remote.folder(posix.dirname(to));
    return remote.text(text ?? "", to);
  }
  if ((await stat(path)).isDirectory()) {
    await remote.folder(to);
    return copyFolder(remote, path, path.endsWith("/") ? to : posix.join(to, basename(path)));
  }
  if (kind === "folder") return remote.file(path, posix.join(to, basename(path)));
  await remote.folder(posix.dirname(to));
  return remote.file(path, to);
}

function upload(inputs: Properties, context: RequestContext): Promise<void> {
  const fields = new Fields(inputs);
  const source = fields.asset("source");
  const remotePath = fields.string("remotePath");
  if (!source || remotePath === undefined) throw new Error("source and remotePath must be known");
  return withConnection(fields.object("connection"), context, async (client) =>
    copy(new Remote(await openSftp(client)), source, remotePath),
  );
}

/** `command:remote:CopyToRemote`. Deleting the resource leaves the copied files on the host. */
export const copyToRemote: ResourceType = {
  inputs: copyInputs,
  check(inputs) {
    const source = new Fields(inputs).asset("source");
    if (!source) return [];
    const { uri, assets, path } = source.source;
    if (source.kind === "archive" && path === undefined) {
      return [{ property: "archive", reason: "archive must be a path to a file or directory" }];
    }
    if (uri !== undefined || assets !== undefined) {
      return [{ property: "asset", reason: "asset must be a path-based file asset or a text asset" }];
    }
    return [];
  },
  async create(request) {
    if (request.preview) return { id: "", outputs: request.inputs };
    await upload(request.inputs, request);
    return { id: newId(""), outputs: request.inputs };
  },
  async update(request) {
    const before = new Fields(request.olds);
    const now = new Fields(request.news);
    const same =
      before.asset("source")?.hash === now.asset("source")?.hash &&
      before.string("remotePath") === now.string("remotePath");
    if (!request.preview && !same) await upload(request.news, request);
    return { outputs: request.news };
  },
};
