/** One row of Lambda's public price list. */
export interface InstanceType {
  name: string;
  gpu: string;
  gpus: number;
  centsPerHour: number;
  vcpus: number;
  memoryGib: number;
  storageGib: number;
  architecture: "x86_64" | "arm64";
}

const row = (
  name: string,
  gpu: string,
  gpus: number,
  [centsPerHour, vcpus, memoryGib, storageGib]: [number, number, number, number],
  architecture: InstanceType["architecture"] = "x86_64",
): InstanceType => ({ name, gpu, gpus, centsPerHour, vcpus, memoryGib, storageGib, architecture });

const a100 = "A100 (40 GB PCIe)";
const a6000 = "A6000 (48 GB)";
const h100 = "H100 (80 GB SXM5)";
const b200 = "B200 (180 GB SXM6)";

/**
 * Types, prices and sizes of a response recorded on 2026-08-20 and confirmed by the public price page on 2026-09-20:
 * [US cents an hour, vCPU, memory GiB, disk GiB]. Prices change within a year: this is an estimate for hosts that
 * are not launched yet, where Lambda's API cannot be used.
 */
export const instanceTypes: readonly InstanceType[] = [
  row("cpu_4x_general", "N/A", 0, [20, 4, 16, 100]),
  row("gpu_1x_rtx6000", "RTX 6000 (24 GB)", 1, [69, 14, 46, 512]),
  row("gpu_1x_a10", "A10 (24 GB PCIe)", 1, [129, 30, 200, 1400]),
  row("gpu_1x_a6000", a6000, 1, [109, 14, 100, 200]),
  row("gpu_2x_a6000", a6000, 2, [218, 28, 200, 1024]),
  row("gpu_4x_a6000", a6000, 4, [436, 56, 400, 1024]),
  row("gpu_1x_a100", a100, 1, [199, 30, 200, 512]),
  row("gpu_2x_a100", a100, 2, [398, 60, 400, 1024]),
  row("gpu_4x_a100", a100, 4, [796, 120, 800, 1024]),
  row("gpu_1x_a100_sxm4", "A100 (40 GB SXM4)", 1, [199, 30, 200, 512]),
  row("gpu_8x_a100", "A100 (40 GB SXM4)", 8, [1592, 124, 1800, 6144]),
  row("gpu_8x_a100_80gb_sxm4", "A100 (80 GB SXM4)", 8, [2232, 240, 1800, 20480]),
  row("gpu_1x_h100_pcie", "H100 (80 GB PCIe)", 1, [329, 26, 200, 1024]),
  row("gpu_1x_h100_sxm5", h100, 1, [429, 26, 225, 2816]),
  row("gpu_2x_h100_sxm5", h100, 2, [838, 52, 450, 5632]),
  row("gpu_4x_h100_sxm5", h100, 4, [1636, 104, 900, 11264]),
  row("gpu_8x_h100_sxm5", h100, 8, [3192, 208, 1800, 22528]),
  row("gpu_1x_b200_sxm6", b200, 1, [699, 26, 360, 2816]),
  row("gpu_2x_b200_sxm6", b200, 2, [1378, 52, 720, 5632]),
  row("gpu_4x_b200_sxm6", b200, 4, [2716, 104, 1440, 11264]),
  row("gpu_8x_b200_sxm6", b200, 8, [5352, 208, 2900, 22528]),
  row("gpu_1x_gh200", "GH200 (96 GB)", 1, [229, 64, 432, 4096], "arm64"),
  row("gpu_8x_v100", "Tesla V100 (16 GB)", 8, [632, 92, 448, 6041]),
  row("gpu_8x_v100_n", "Tesla V100 (16 GB)", 8, [632, 88, 448, 6041]),
];

export const listPriceSource = "list price of 2026-09-20";

/** US dollars an hour, by instance type. */
export const listHourlyUsd: ReadonlyMap<string, number> = new Map(
  instanceTypes.map(({ name, centsPerHour }) => [name, centsPerHour / 100]),
);
