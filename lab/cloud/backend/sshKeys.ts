import { generateKeyPairSync } from "node:crypto";
import type { SshKey } from "../store/state.ts";
import { audit, type Context } from "./context.ts";
import { InvalidParameters, NotFound } from "./errors.ts";

/** The account's public SSH keys. */
export class SshKeys {
  readonly #context: Context;
  constructor(context: Context) {
    this.#context = context;
  }

  get #state() {
    return this.#context.store.state;
  }

  list(): SshKey[] {
    return this.#state.sshKeys;
  }

  /** Without a public key a pair is made, and the private half is in this answer only. */
  create(name: string, publicKey: string | undefined): SshKey & { privateKey?: string } {
    if (this.#state.sshKeys.some((key) => key.name === name))
      throw new InvalidParameters(
        `SSH key name must be unique: ${name} exists.`,
        this.#state.quirks.duplicateKeyCode,
      );
    const generated = publicKey === undefined ? generate(name) : undefined;
    const key: SshKey = {
      id: this.#context.store.nextId("ssh-key"),
      name,
      publicKey: publicKey ?? generated?.publicKey ?? "",
    };
    this.#state.sshKeys.push(key);
    audit(this.#context, "ssh_key", "created", [key.id]);
    this.#context.store.commit();
    return generated ? { ...key, privateKey: generated.privateKey } : key;
  }

  /** Refused until every instance that was launched with it can no longer be read. */
  delete(id: string): void {
    const key = this.#state.sshKeys.find((candidate) => candidate.id === id);
    if (!key) throw new NotFound();
    if (this.#state.instances.some(({ sshKeyNames }) => sshKeyNames.includes(key.name)))
      throw new InvalidParameters("Key is currently in use, cannot delete", this.#state.quirks.keyInUseCode);
    this.#state.sshKeys = this.#state.sshKeys.filter((candidate) => candidate !== key);
    audit(this.#context, "ssh_key", "deleted", [id]);
    this.#context.store.commit();
  }
}

/** An RSA pair as Lambda makes it: PKCS #1 PEM and one line of OpenSSH. */
function generate(comment: string): { publicKey: string; privateKey: string } {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = pair.publicKey.export({ format: "jwk" });
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  // A leading zero keeps a number with its top bit set from reading as negative (RFC 4251 mpint).
  const number = (base64url: string | undefined) => {
    const bytes = Buffer.from(base64url ?? "", "base64url");
    return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
  };
  const blob = Buffer.concat([field(Buffer.from("ssh-rsa")), number(jwk.e), number(jwk.n)]);
  return {
    publicKey: `ssh-rsa ${blob.toString("base64")} ${comment.replace(/\s+/g, "-")}`,
    privateKey: pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
  };
}
