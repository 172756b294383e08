import { lockTimeout, script, shellFile } from "../shell/script.ts";

/** A user who may open connections through a host. */
export interface TunnelSpec {
  /** User name on the host; used for the tunnel only. */
  user: string;
  /** OpenSSH public key, the only one that is accepted. */
  publicKey: string;
  /** The only `<address>:<port>` that it may reach from the host. */
  target: string;
}

const userName = (user: string): string => {
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) throw new Error(`${JSON.stringify(user)} is not a user name`);
  return user;
};

/** sshd configuration of a user without sessions. `MaxSessions 0` refuses shells and commands and allows forwarding. */
export function tunnelConfig({ user, target }: Omit<TunnelSpec, "publicKey">): string {
  if (!/^[0-9.]+:[0-9]+$/.test(target))
    throw new Error(`${JSON.stringify(target)} is not an address with a port`);
  return `\
AllowUsers ${userName(user)}
Match User ${user}
  AuthorizedKeysFile /etc/ssh/sophia-keys/%u
  AllowTcpForwarding local
  PermitOpen ${target}
  PermitListen none
  AllowStreamLocalForwarding no
  AllowAgentForwarding no
  X11Forwarding no
  PermitTTY no
  PermitUserRC no
  MaxSessions 0
  ForceCommand /usr/sbin/nologin
`;
}

/** Script that creates the user and its sshd configuration. Pure. */
export function tunnelScript(spec: TunnelSpec): string {
  if (!/^(ssh-|ecdsa-)[^\n]+$/.test(spec.publicKey)) throw new Error("not an OpenSSH public key");
  return script({
    title: `tunnel of ${spec.user}`,
    body: shellFile("tunnel.sh", import.meta.url),
    exclusive: lockTimeout,
    variables: {
      TUNNEL_USER: spec.user,
      TUNNEL_KEY: spec.publicKey,
      TUNNEL_TARGET: spec.target,
      TUNNEL_CONFIG: tunnelConfig(spec).trimEnd(),
    },
  });
}

/** Script that removes the user, its key and its sshd configuration, and ends its connections. Pure. */
export function closeScript(user: string): string {
  return script({
    title: `close the tunnel of ${userName(user)}`,
    body: shellFile("close.sh", import.meta.url),
    exclusive: lockTimeout,
    variables: { TUNNEL_USER: user },
  });
}
