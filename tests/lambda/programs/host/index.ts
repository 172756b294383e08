import { Config } from "@pulumi/pulumi";
import { Instance, InstanceClaim, SshKey } from "../../../../lambda/provider/resources.ts";

/** One host with its key, and what a test wants different. */
interface Wanted {
  publicKey: string;
  name?: string;
  userData?: string;
  instanceTypes?: string[];
  regions?: string[];
  adopt?: { id: string } | { name: string };
  /** Leaves the host out, as if it were taken from the settings. */
  absent?: boolean;
}

const wanted = new Config().requireObject<Wanted>("host");
const key = new SshKey("host-key", { name: "test", publicKey: wanted.publicKey });

function host(): Instance | undefined {
  if (wanted.absent) return undefined;
  const claim = new InstanceClaim("host-claim", wanted.adopt && { adopt: wanted.adopt });
  const { spared } = claim;
  if (wanted.adopt) return new Instance("host", { adopt: wanted.adopt, claim: claim.claim, spared });
  return new Instance("host", {
    name: wanted.name ?? "host",
    claim: claim.claim,
    stack: "lambda-host/test",
    hostname: "host",
    instanceTypes: wanted.instanceTypes ?? ["gpu_1x_a10"],
    regions: wanted.regions ?? ["us-west-1"],
    imageFamily: "lambda-stack-22-04",
    sshKeyName: key.keyName,
    spared,
    ...(wanted.userData !== undefined && { userData: wanted.userData }),
  });
}

const made = host();
export const id = made?.id;
export const address = made?.address;
export const privateAddress = made?.privateAddress;
export const instanceType = made?.instanceType;
export const region = made?.region;
export const hourlyUsd = made?.hourlyUsd;
