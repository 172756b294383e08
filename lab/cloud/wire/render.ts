import { createHash } from "node:crypto";
import type { Backend } from "../backend/backend.ts";
import { type Image, regionOf, typeOf } from "../backend/catalogue.ts";
import { defaultMountPoint } from "../backend/launch.ts";
import { actionBlocked, type Blocked, hasAddress, terminateBlocked } from "../backend/lifecycle.ts";
import type { InstanceTypeRow } from "../data/instanceTypes.ts";
import { hexId } from "../store/ids.ts";
import type { AuditEvent, FileSystem, Instance, Ruleset, SshKey } from "../store/state.ts";

/** Rows of the store as the API shows them. */

const time = (milliseconds: number) => new Date(milliseconds).toISOString();

const blockedTexts: Record<Blocked, string> = {
  "vm-has-not-launched": "The instance has not launched yet.",
  "vm-is-terminating": "The instance is terminating.",
  "vm-action-in-progress": "Another action is in progress.",
};

const availability = (blocked: Blocked | undefined) =>
  blocked
    ? { available: false, reason_code: blocked, reason_description: blockedTexts[blocked] }
    : { available: true };

/**
 * An instance type as the API writes it.
 * @param undeclared with the fields that the OpenAPI document does not have
 */
export function instanceType(type: InstanceTypeRow, undeclared: boolean) {
  return {
    name: type.name,
    description: type.gpus === 0 ? `${type.vcpus}x CPU General` : `${type.gpus}x ${type.gpu}`,
    gpu_description: type.gpu,
    price_cents_per_hour: type.centsPerHour,
    specs: {
      vcpus: type.vcpus,
      memory_gib: type.memoryGib,
      storage_gib: type.storageGib,
      gpus: type.gpus,
    },
    ...(undeclared ? { architecture: type.architecture } : {}),
  };
}

/** An instance as the API writes it. */
export function instance(backend: Backend, row: Instance) {
  const { transitions, quirks, seed } = backend.state;
  const now = backend.clock.now();
  const addressed = hasAddress(row, now, transitions);
  const action = availability(actionBlocked(row));
  const { privateAddress } = row.machine;
  // Derived, so that not even the lab's state file holds what looks like a token.
  const token = createHash("sha256").update(`${seed}:jupyter:${row.id}`).digest("hex").slice(0, 32);
  return {
    id: row.id,
    ...(row.name === undefined ? {} : { name: row.name }),
    ...(addressed ? { ip: row.address } : {}),
    ...(addressed && privateAddress && quirks.privateIp ? { private_ip: privateAddress } : {}),
    status: row.status,
    ssh_key_names: row.sshKeyNames,
    file_system_names: row.mounts.map(({ name }) => name),
    ...(row.mounts.length > 0
      ? {
          file_system_mounts: row.mounts.map(({ id, mountPoint }) => ({
            mount_point: mountPoint,
            file_system_id: id,
          })),
        }
      : {}),
    region: regionOf(row.region),
    instance_type: instanceType(typeOf(row.type), quirks.undeclaredFields),
    ...(row.hostname || addressed ? { hostname: row.hostname ?? row.address } : {}),
    ...(row.firstHealthyAt === undefined
      ? {}
      : {
          jupyter_token: token,
          jupyter_url: `https://jupyter-${row.id}.lab.invalid/?token=${token}`,
        }),
    actions: {
      migrate: action,
      rebuild: action,
      restart: action,
      cold_reboot: action,
      terminate: availability(terminateBlocked(row, now, transitions)),
    },
    ...(row.tags.length > 0 ? { tags: row.tags } : {}),
    ...(row.rulesetIds.length > 0 ? { firewall_rulesets: row.rulesetIds.map((id) => ({ id })) } : {}),
    ...(quirks.undeclaredFields
      ? {
          is_reserved: false,
          workspace_id: hexId(seed, "workspace", 0),
          first_healthy: row.firstHealthyAt === undefined ? null : time(row.firstHealthyAt),
        }
      : {}),
  };
}

/** An image as the API writes it. */
export const image = (row: Image) => ({
  id: row.id,
  created_time: row.time,
  updated_time: row.time,
  name: `${row.family}-${row.version}`,
  description: row.description,
  family: row.family,
  version: row.version,
  architecture: row.architecture,
  region: row.region,
});

/** A key as the API writes it. */
export const sshKey = (row: SshKey & { privateKey?: string }) => ({
  id: row.id,
  name: row.name,
  public_key: row.publicKey,
  ...(row.privateKey === undefined ? {} : { private_key: row.privateKey }),
});

/** A file system as the API writes it. */
export const fileSystem = (backend: Backend, row: FileSystem) => ({
  id: row.id,
  name: row.name,
  mount_point: defaultMountPoint(row.name),
  created: time(row.createdAt),
  created_by: {
    id: hexId(backend.state.seed, "user", 0),
    email: "operator@lab.invalid",
    status: "active",
  },
  is_in_use: backend.fileSystems.isInUse(row.id),
  region: regionOf(row.region),
  bytes_used: row.bytesUsed,
});

/** A firewall ruleset as the API writes it. */
export const ruleset = (backend: Backend, row: Ruleset) => ({
  id: row.id,
  name: row.name,
  region: regionOf(row.region),
  rules: row.rules,
  created: time(row.createdAt),
  instance_ids: backend.firewall.usersOf(row.id),
});

/** The ruleset of all instances as the API writes it. */
export const globalRuleset = (backend: Backend) => ({
  id: "global",
  name: "Default Workspace Global Rules",
  rules: backend.firewall.globalRules(),
});

/** An entry of the audit log as the API writes it. */
export const auditEvent = (backend: Backend, row: AuditEvent) => {
  const lrn = (resource: string, id: string) => `lrn:cloud:${resource}:${id}`;
  const { seed } = backend.state;
  return {
    service_name: "cloud",
    resource_name: row.resource,
    action: row.action,
    catalog_version: "2025-09-06",
    event_id: row.id,
    event_time: time(row.at),
    actor_lrn: lrn("identity", hexId(seed, "user", 0)),
    resource_lrns: row.ids.map((id) => lrn(row.resource, id)),
    resource_owner_lrn: lrn("account", hexId(seed, "account", 0)),
    request_api_key_lrn: lrn("api_key", hexId(seed, "api-key", 0)),
    additional_details: row.details,
  };
};
