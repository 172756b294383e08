import * as lambda from "../../../lambda/listPrices.ts";

/** An instance type as the emulator offers it. */
export interface InstanceTypeRow extends lambda.InstanceType {
  /** Where the lab has it until told otherwise. */
  regions: readonly string[];
}

const regions: Readonly<Record<string, readonly string[]>> = {
  cpu_4x_general: ["us-west-1", "us-east-1", "us-south-1"],
  gpu_1x_rtx6000: ["us-south-1"],
  gpu_1x_a10: ["us-west-1", "us-east-1"],
  gpu_1x_a6000: ["us-south-1", "us-west-1"],
  gpu_2x_a6000: ["us-south-1"],
  gpu_4x_a6000: ["us-south-1"],
  gpu_1x_a100: ["us-west-1", "us-east-1"],
  gpu_2x_a100: ["us-east-1"],
  gpu_4x_a100: ["us-east-1"],
  gpu_1x_a100_sxm4: ["us-east-1", "us-west-2"],
  gpu_8x_a100: ["us-west-2"],
  gpu_8x_a100_80gb_sxm4: ["us-midwest-1"],
  gpu_1x_h100_pcie: ["us-west-3"],
  gpu_1x_h100_sxm5: ["us-south-2", "us-south-3"],
  gpu_2x_h100_sxm5: ["us-south-3"],
  gpu_4x_h100_sxm5: ["us-south-3"],
  gpu_8x_h100_sxm5: ["us-south-2"],
  gpu_1x_b200_sxm6: ["us-east-2"],
  gpu_2x_b200_sxm6: ["us-east-2"],
  gpu_4x_b200_sxm6: ["us-east-2"],
  gpu_8x_b200_sxm6: ["us-east-2"],
  gpu_1x_gh200: ["us-east-3"],
  gpu_8x_v100: ["us-south-1"],
  gpu_8x_v100_n: ["us-south-1"],
};

/** Lambda's types, with the regions in which the emulator has one free. */
export const instanceTypes: readonly InstanceTypeRow[] = lambda.instanceTypes.map((type) => ({
  ...type,
  regions: regions[type.name] ?? [],
}));
