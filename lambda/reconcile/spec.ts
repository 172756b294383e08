import { createHash } from "node:crypto";
import type { LaunchRequest, WireInstance } from "../client/wire.ts";
import type { Candidate } from "./candidates.ts";

/** What an instance is asked to be. */
export interface InstanceSpec {
  /** Name that Lambda shows. Changed in place. */
  name: string;
  /** Random id that belongs to this one host for its life; every instance launched for it carries it as a tag. */
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
  /** cloud-init text. Lambda never gives it back. */
  userData?: string;
  /** Mounted where the instance lands in its region. */
  fileSystem?: { name: string; region: string };
  /** Firewall ruleset by region. */
  rulesets?: Record<string, string>;
}

/** Tag keys: two or more of a-z, 0-9, dash and colon, not beginning with `lambda-ai-`. */
export const claimTag = "sophia-claim";
export const specTag = "sophia-spec";
export const stackTag = "sophia-stack";

const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
export const userDataDigest = (userData: string | undefined): string =>
  userData === undefined ? "" : short(userData);

/**
 * What an instance in a region is launched with and keeps for life: any other value takes another instance, except that
 * the key is only the first one that it takes.
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

/** Tells an instance that a killed run launched from one that was launched for other settings. */
export const specDigest = (spec: InstanceSpec, region: string): string =>
  short(JSON.stringify(fixedParts(spec, region)));

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

export const tagOf = (instance: WireInstance, key: string): string | undefined =>
  instance.tags?.find((tag) => tag.key === key)?.value;

/** No longer running and on its way out or away: nothing is billed any more. */
export const isGone = (instance: WireInstance): boolean =>
  ["terminated", "preempted"].includes(instance.status);
/** Neither gone nor going. */
export const isAlive = (instance: WireInstance): boolean =>
  !isGone(instance) && instance.status !== "terminating";
