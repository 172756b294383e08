import ssh2 from "ssh2";

interface Options {
  bits?: number;
  passphrase?: string;
  cipher?: string;
}

/**
 * A fresh OpenSSH key pair, without a comment. ssh2 makes about one Ed25519 key in two hundred that it cannot read
 * itself: not those.
 */
export function sshKeyPair(
  type: "ed25519" | "rsa" | "ecdsa" = "ed25519",
  options: Options = {},
): { private: string; public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync(type as "rsa", { bits: 2048, comment: "", ...options });
    if (!(ssh2.utils.parseKey(pair.private, options.passphrase) instanceof Error)) return pair;
  }
}
