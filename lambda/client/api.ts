import type {
  Catalogue,
  FirewallRuleRequest,
  LaunchRequest,
  WireFileSystem,
  WireFirewallRule,
  WireInstance,
  WireRuleset,
  WireSshKey,
} from "./wire.ts";

/** The part of Lambda Cloud's API that the program uses. Failures are `ApiError`s; what does not exist is `undefined` or no error. */
export interface LambdaApi {
  /** All instances that Lambda lists, including some that were just terminated. */
  listInstances(): Promise<WireInstance[]>;
  getInstance(id: string): Promise<WireInstance | undefined>;
  /**
   * Launches exactly one instance and returns its id. Sent again only if the first request certainly did nothing.
   *
   * @param signal ends the wait for a turn; nothing is launched then
   */
  launch(request: LaunchRequest, signal?: AbortSignal): Promise<string>;
  renameInstance(id: string, name: string): Promise<WireInstance>;
  /** Requests termination; false when Lambda does not confirm that this instance is being terminated. */
  terminate(id: string): Promise<boolean>;
  catalogue(): Promise<Catalogue>;

  listSshKeys(): Promise<WireSshKey[]>;
  createSshKey(key: { name: string; public_key: string }): Promise<WireSshKey>;
  deleteSshKey(id: string): Promise<void>;

  listFileSystems(): Promise<WireFileSystem[]>;
  createFileSystem(fileSystem: { name: string; region: string }): Promise<WireFileSystem>;
  deleteFileSystem(id: string): Promise<void>;

  /** The account's own rules, which are no ruleset. */
  listFirewallRules(): Promise<WireFirewallRule[]>;
  listRulesets(): Promise<WireRuleset[]>;
  getRuleset(id: string): Promise<WireRuleset | undefined>;
  createRuleset(ruleset: {
    name: string;
    region: string;
    rules: FirewallRuleRequest[];
  }): Promise<WireRuleset>;
  updateRuleset(id: string, change: { name?: string; rules?: FirewallRuleRequest[] }): Promise<WireRuleset>;
  deleteRuleset(id: string): Promise<void>;
}
