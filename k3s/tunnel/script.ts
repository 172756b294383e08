import { script, shellFile } from "../shell/script.ts";

/** Who may come through a host, and to where. */
export interface TunnelSpec {
  /** Name on the host; a user of its own. */
  user: string;
  /** OpenSSH public key, the only one that lets it in. */
  publicKey: string;
  /** `<address>:<port>` that it may reach from the host, and nothing else. */
  target: string;
}

/** Seconds that the script waits for another one on the same host. */
export const turn = 900;

/** sshd's words for a user without sessions. `MaxSessions 0` refuses shells and commands and lets forwarding through. */
export function tunnelConfig({ user, target }: Omit<TunnelSpec, "publicKey">): string {
  if (!/^[a-z_][a-z0-9_-]*$/.test(user)) throw new Error(`${JSON.stringify(user)} is not a user name`);
  if (!/^[0-9.]+:[0-9]+$/.test(target))
    throw new Error(`${JSON.stringify(target)} is not an address with a port`);
  return `\
AllowUsers ${user}
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

/** Lets somebody through a host to one address. Pure. */
export function tunnelScript(spec: TunnelSpec): string {
  if (!/^(ssh-|ecdsa-)[^\n]+$/.test(spec.publicKey)) throw new Error("not an OpenSSH public key");
  return script({
    title: `tunnel of ${spec.user}`,
    body: shellFile("tunnel.sh", import.meta.url),
    exclusive: turn,
    variables: {
      TUNNEL_USER: spec.user,
      TUNNEL_KEY: spec.publicKey,
      TUNNEL_TARGET: spec.target,
      TUNNEL_CONFIG: tunnelConfig(spec).trimEnd(),
    },
  });
}
