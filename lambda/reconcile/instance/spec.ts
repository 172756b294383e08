import { digest } from "../../../components/core/digest.ts";
import type { LaunchRequest, WireInstance } from "../../client/wire.ts";
import type { Candidate } from "./candidates.ts";

/** Which running instance to take over. */
export type Adoption = { id: string } | { name: string };

/** The wanted instance. */
export interface InstanceSpec {
  /** Name that Lambda shows. Changed in place. */
  name: string;
  /** Random id of one host, for the lifetime of the host; a tag of every instance that is launched for it. */
  claim: string;
  /** Shown as a tag, for people. */
  stack: string;
  hostname: string;
  /** In order of preference; matters at launch only. */
  instanceTypes: string[];
  /** In order of preference; matters at launch only. */
  regions: string[];
  imageFamily: string;
  sshKeyName: string;
  /** cloud-init text. Lambda never returns it. */
  userData?: string;
  /** Mounted if the instance is launched in its region. */
  fileSystem?: { name: string; region: string };
  /** Firewall ruleset by region. */
  rulesets?: Record<string, string>;
  /** Instances of the claim that go on running: the host adopted them before. Default: none. */
  spared?: Adoption[];
}

/** Tag keys: two or more of a-z, 0-9, dash and colon, not beginning with `lambda-ai-`. */
export const claimTag = "sophia-claim";
export const specTag = "sophia-spec";
export const stackTag = "sophia-stack";

const short = (text: string) => digest(text, 32);
const userDataDigest = (userData: string | undefined): string =>
  userData === undefined ? "" : short(userData);

/**
 * What an instance is launched with and keeps until it is terminated: another value requires another instance, except
 * for the key, which is only the first one that it accepts.
 */
export function fixedParts(spec: InstanceSpec, region: string) {
  return {
    claim: spec.claim,
    hostname: spec.hostname,
    imageFamily: spec.imageFamily,
    sshKeyName: spec.sshKeyName,
    userDataDigest: userDataDigest(spec.userData),
    fileSystemName: spec.fileSystem?.region === region ? spec.fileSystem.name : "",
    rulesetId: spec.rulesets?.[region] ?? "",
  };
}
export type FixedParts = ReturnType<typeof fixedParts>;

/** Distinguishes an instance that a killed run launched from one that was launched for other settings. */
export const specDigest = (spec: InstanceSpec, region: string): string =>
  short(JSON.stringify(fixedParts(spec, region)));

/** The launch of one candidate. By its tags a later run finds the instance when the reply was lost. Pure. */
export function launchRequest(spec: InstanceSpec, candidate: Candidate): LaunchRequest {
  const fixed = fixedParts(spec, candidate.region);
  return {
    region_name: candidate.region,
    instance_type_name: candidate.instanceType,
    ssh_key_names: [spec.sshKeyName],
    name: spec.name,
    hostname: spec.hostname,
    image: { family: spec.imageFamily },
    ...(spec.userData !== undefined && { user_data: spec.userData }),
    ...(fixed.fileSystemName !== "" && { file_system_names: [fixed.fileSystemName] }),
    ...(fixed.rulesetId !== "" && { firewall_rulesets: [{ id: fixed.rulesetId }] }),
    tags: [
      { key: claimTag, value: spec.claim },
      { key: specTag, value: specDigest(spec, candidate.region) },
      { key: stackTag, value: spec.stack.slice(0, 128) },
    ],
  };
}

/** Value of a tag; undefined where the instance has none of that key. */
export const tagOf = (instance: WireInstance, key: string): string | undefined =>
  instance.tags?.find((tag) => tag.key === key)?.value;

/** Terminated: nothing is billed any more. */
export const isGone = (instance: WireInstance): boolean =>
  ["terminated", "preempted"].includes(instance.status);
/** Neither terminated nor being terminated. */
export const isAlive = (instance: WireInstance): boolean =>
  !isGone(instance) && instance.status !== "terminating";
/** Runs, and was launched for that claim. */
export const isOwn = (instance: WireInstance, claim: string): boolean =>
  isAlive(instance) && tagOf(instance, claimTag) === claim;
