import type { Clock } from "../../../components/core/wait.ts";
import type { Answer, CheckedApi } from "../api.ts";

/** What a case works with, on either side. */
export interface Bench {
  api: CheckedApi;
  /** Time as the target lives it. */
  clock: Clock;
  /** A name that nothing else in the account has. */
  unique(what: string): string;
  /** An OpenSSH public key made for this run. */
  publicKey: string;
}

export interface Case {
  name: string;
  /**
   * `read` changes nothing; `free` makes and deletes what costs nothing; `spend` rents an instance;
   * `emulator` would change what the whole account relies on, or might rent if Lambda were laxer than it says.
   */
  cost: "read" | "free" | "spend" | "emulator";
  run(bench: Bench): Promise<void>;
}

export const code = ({ json }: Answer) => String(json?.error?.code);
export const ids = (list: Answer["json"] | undefined) => (list ?? []).map(({ id }) => String(id));
