import { rmSync } from "node:fs";
import { join } from "node:path";
import type { FileSystem } from "../store/state.ts";
import { findRegion } from "./catalogue.ts";
import { audit, type Context } from "./context.ts";
import {
  DoesNotExist,
  Duplicate,
  FileSystemInUse,
  InvalidAddress,
  InvalidParameters,
  QuotaExceeded,
} from "./errors.ts";

/** The account's file systems; each is a folder that its instances mount. */
export class FileSystems {
  readonly #context: Context;
  readonly #folder: string | undefined;

  /** @param folder Where the driver keeps their contents, if it does. */
  constructor(context: Context, folder: string | undefined) {
    this.#context = context;
    this.#folder = folder;
  }

  get #state() {
    return this.#context.store.state;
  }

  list(): FileSystem[] {
    return this.#state.fileSystems;
  }

  /** In use until the instance can no longer be read, also while it is terminating: observed at the real API. */
  isInUse(id: string): boolean {
    return this.#state.instances.some(({ mounts }) => mounts.some((mount) => mount.id === id));
  }

  create(name: string, region: string): FileSystem {
    if (this.#state.account.standing === "invalid-address") throw new InvalidAddress();
    if (!findRegion(region)) throw new InvalidParameters(`region: ${region} is not a region`);
    if (this.#state.fileSystems.some((fileSystem) => fileSystem.name === name))
      throw new Duplicate(`Filesystem ${name} already exists.`);
    if (this.#state.fileSystems.length >= this.#state.account.quotas.fileSystems) throw new QuotaExceeded();
    const fileSystem = {
      id: this.#context.store.nextId("file-system"),
      name,
      region,
      createdAt: this.#context.clock.now(),
      bytesUsed: 0,
    };
    this.#state.fileSystems.push(fileSystem);
    audit(this.#context, "filesystem", "created", [fileSystem.id]);
    this.#context.store.commit();
    return fileSystem;
  }

  setBytesUsed(id: string, bytesUsed: number): FileSystem {
    const found = this.#state.fileSystems.find((fileSystem) => fileSystem.id === id);
    if (!found) throw new DoesNotExist("Filesystem was not found.");
    found.bytesUsed = bytesUsed;
    this.#context.store.commit();
    return found;
  }

  delete(id: string): void {
    if (!this.#state.fileSystems.some((fileSystem) => fileSystem.id === id))
      throw new DoesNotExist("Filesystem was not found.");
    if (this.isInUse(id)) throw new FileSystemInUse();
    this.#state.fileSystems = this.#state.fileSystems.filter((fileSystem) => fileSystem.id !== id);
    audit(this.#context, "filesystem", "deleted", [id]);
    this.#context.store.commit();
    if (this.#folder) rmSync(join(this.#folder, id), { recursive: true, force: true });
  }
}
