import type { Instance, State } from "../store/state.ts";
import { chooseImage, findRegion, findType, freeSlots } from "./catalogue.ts";
import {
  DoesNotExist,
  FileSystemInWrongRegion,
  InsufficientCapacity,
  InvalidAddress,
  InvalidParameters,
  QuotaExceeded,
} from "./errors.ts";

/** A launch as it was asked for, already of the right shape. */
export interface LaunchRequest {
  region: string;
  type: string;
  sshKeyNames: string[];
  name?: string | undefined;
  hostname?: string | undefined;
  image?: { id: string } | { family: string } | undefined;
  userData?: string | undefined;
  fileSystemNames: string[];
  mounts: { mountPoint: string; id: string }[];
  tags: { key: string; value: string }[];
  rulesetIds: string[];
}

export type Draft = Pick<
  Instance,
  "name" | "hostname" | "region" | "type" | "imageId" | "sshKeyNames" | "mounts" | "rulesetIds" | "tags"
> & { authorizedKeys: string[]; userData?: string };

/** Where Lambda mounts a file system on a host. */
export const defaultMountPoint = (name: string): string => `/lambda/nfs/${name}`;

/** Decides on a launch: what the instance will be, or the refusal that Lambda gives. Changes nothing. */
export function planLaunch(state: State, request: LaunchRequest): Draft {
  const { launchMissingStatus: status } = state.quirks;
  const missing = (what: string, name: string) => new DoesNotExist(`${what} ${name} was not found.`, status);
  if (state.account.standing === "invalid-address") throw new InvalidAddress();

  const region = findRegion(request.region);
  if (!region) throw missing("Region", request.region);
  const type = findType(request.type);
  if (!type) throw missing("Instance type", request.type);
  const keys = request.sshKeyNames.map((name) => {
    const key = state.sshKeys.find((candidate) => candidate.name === name);
    if (!key) throw missing("SSH key", name);
    return key;
  });
  const image = chooseImage(request.image, region.name, type.architecture, status);
  const mounts = planMounts(state, request, missing);
  for (const id of request.rulesetIds) {
    const ruleset = state.rulesets.find((candidate) => candidate.id === id);
    if (!ruleset) throw missing("Firewall ruleset", id);
    if (ruleset.region !== region.name)
      throw new InvalidParameters(`Firewall ruleset ${id} is not in region ${region.name}.`);
  }

  const live = state.instances.filter(({ status: now }) => now !== "terminated" && now !== "preempted");
  if (live.length >= state.account.quotas.instances) throw new QuotaExceeded();
  if (freeSlots(state, type, region.name) <= 0) throw new InsufficientCapacity();

  return {
    ...(request.name === undefined ? {} : { name: request.name }),
    ...(request.hostname === undefined ? {} : { hostname: request.hostname }),
    region: region.name,
    type: type.name,
    imageId: image.id,
    sshKeyNames: keys.map(({ name }) => name),
    mounts,
    rulesetIds: request.rulesetIds,
    tags: request.tags,
    authorizedKeys: keys.map(({ publicKey }) => publicKey),
    ...(request.userData === undefined ? {} : { userData: request.userData }),
  };
}

function planMounts(
  state: State,
  request: LaunchRequest,
  missing: (what: string, name: string) => DoesNotExist,
): Instance["mounts"] {
  const byId = request.mounts.map(({ id, mountPoint }) => {
    const fileSystem = state.fileSystems.find((candidate) => candidate.id === id);
    if (!fileSystem) throw missing("Filesystem", id);
    return { fileSystem, mountPoint };
  });
  const byName = request.fileSystemNames.map((name) => {
    const fileSystem = state.fileSystems.find((candidate) => candidate.name === name);
    if (!fileSystem) throw missing("Filesystem", name);
    return { fileSystem, mountPoint: defaultMountPoint(name) };
  });
  // A requested mount path takes precedence over the default one of the same file system.
  const asked = new Set(byId.map(({ fileSystem }) => fileSystem.id));
  const all = [...byId, ...byName.filter(({ fileSystem }) => !asked.has(fileSystem.id))];
  for (const { fileSystem } of all) {
    if (fileSystem.region !== request.region)
      throw new FileSystemInWrongRegion(fileSystem.name, request.region);
  }
  if (new Set(all.map(({ mountPoint }) => mountPoint)).size !== all.length)
    throw new InvalidParameters("file_system_mounts: two filesystems share a mount point");
  return all.map(({ fileSystem, mountPoint }) => ({
    id: fileSystem.id,
    name: fileSystem.name,
    mountPoint,
  }));
}
