export interface Endpoint {
  address: string;
  port: number;
}

const at = ({ address, port }: Endpoint, reason: string): string => `SSH at ${address}:${port}: ${reason}`;

/** No connection was established, or it was lost: nothing is known of what became of a command. May pass by itself. */
export class HostUnreachable extends Error {
  constructor(endpoint: Endpoint, reason: string) {
    super(at(endpoint, reason));
    this.name = "HostUnreachable";
  }
}

/** The host answered and does not accept the key. Nothing was run, and retrying does not help. */
export class LoginRefused extends Error {
  constructor(endpoint: Endpoint, reason: string) {
    super(at(endpoint, reason));
    this.name = "LoginRefused";
  }
}

/** The host presented another key than the one pinned at first contact. Nothing was sent. */
export class HostKeyMismatch extends Error {
  constructor(endpoint: Endpoint, pinned: string, presented: string) {
    super(at(endpoint, `its host key is ${presented}, not ${pinned}, which was pinned at first contact`));
    this.name = "HostKeyMismatch";
  }
}

/** What ssh2 calls failures of the connection itself; all others are an answer that cannot be used. */
const connectionLevels = ["client-socket", "client-timeout", "client-dns"];

/** The kind of an error that ssh2 reports. */
export function sshError(endpoint: Endpoint, { message, level }: { message: string; level?: string }): Error {
  if (level === "client-authentication") return new LoginRefused(endpoint, message);
  if (level !== undefined && connectionLevels.includes(level)) return new HostUnreachable(endpoint, message);
  return new Error(at(endpoint, message));
}
