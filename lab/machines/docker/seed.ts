import { stringify } from "yaml";
import type { MachineSpec } from "../driver.ts";

/** What cloud-init's NoCloud source reads at the machine's first boot, by file name. Pure. */
export function seedFiles(spec: MachineSpec): Record<string, string> {
  return {
    "meta-data": stringify({
      "instance-id": spec.id,
      "local-hostname": spec.hostname,
      "public-keys": spec.authorizedKeys.map((key) => key.trim()),
    }),
    // An empty file would be an error; this is cloud-init's way to ask for nothing.
    "user-data": spec.userData?.trim() ? spec.userData : "#cloud-config\n{}\n",
  };
}

/** Text of /etc/lab-gpus.json: what stands in for the GPUs reads it. Pure. */
export const gpuFile = (gpus: MachineSpec["gpus"]): string => `${JSON.stringify(gpus)}\n`;
