import { stringify } from "yaml";
import type { MachineSpec } from "../driver.ts";

/** Files of cloud-init's NoCloud source, by name. Pure. */
export function seedFiles(spec: MachineSpec): Record<string, string> {
  return {
    "meta-data": stringify({
      "instance-id": spec.id,
      "local-hostname": spec.hostname,
      "public-keys": spec.authorizedKeys.map((key) => key.trim()),
    }),
    // An empty file would be an error; this is an empty configuration.
    "user-data": spec.userData?.trim() ? spec.userData : "#cloud-config\n{}\n",
  };
}

/** Text of /etc/lab-gpus.json, which the simulated GPU tools read. Pure. */
export const gpuFile = (gpus: MachineSpec["gpus"]): string => `${JSON.stringify(gpus)}\n`;
