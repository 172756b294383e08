import type {
  Catalogue,
  FirewallRuleRequest,
  LaunchRequest,
  WireFileSystem,
  WireInstance,
  WireRuleset,
  WireSshKey,
} from "./wire.ts";

/** What we use of Lambda Cloud's API. Failures are `LambdaError`s; "it is not there" is `undefined` or no error. */
export interface LambdaApi {
  /** Instances that are not gone yet; some that just terminated may still be among them. */
  listInstances(): Promise<WireInstance[]>;
  getInstance(id: string): Promise<WireInstance | undefined>;
  /** Launches exactly one instance and returns its id. Never sent twice unless the first certainly did nothing. */
  launch(request: LaunchRequest): Promise<string>;
  renameInstance(id: string, name: string): Promise<WireInstance>;
  /** Asks for termination; false when Lambda does not confirm that this instance is being terminated. */
  terminate(id: string): Promise<boolean>;
  catalogue(): Promise<Catalogue>;

  listSshKeys(): Promise<WireSshKey[]>;
  createSshKey(key: { name: string; public_key: string }): Promise<WireSshKey>;
  deleteSshKey(id: string): Promise<void>;

  listFileSystems(): Promise<WireFileSystem[]>;
  createFileSystem(fileSystem: { name: string; region: string }): Promise<WireFileSystem>;
  deleteFileSystem(id: string): Promise<void>;

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
