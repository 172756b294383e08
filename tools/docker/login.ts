import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Login to a registry. */
export interface RegistryLogin {
  server: string;
  username: string;
  password: string;
}

/** The login as HTTP's basic authentication, and Docker's configuration, encode it. Pure. */
export const basicAuth = ({ username, password }: Omit<RegistryLogin, "server">): string =>
  Buffer.from(`${username}:${password}`).toString("base64");

/**
 * Runs `use` with a temporary Docker configuration folder that holds the logins and is readable by this user only. The
 * user's own logins stay unchanged, and no password appears on a command line.
 */
export async function withLogins<Result>(
  logins: readonly RegistryLogin[],
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  // mkdtemp makes the folder with mode 0700.
  const folder = await mkdtemp(join(tmpdir(), "sophia-docker-"));
  try {
    const auths = Object.fromEntries(logins.map((login) => [login.server, { auth: basicAuth(login) }]));
    await writeFile(join(folder, "config.json"), JSON.stringify({ auths }), { mode: 0o600 });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
