import { describe, expect, test } from "vitest";
import { quantity, utilisationByPod } from "../../../../images/monitoring/gpu/samples.ts";

const sample = (pod: string, value: string, more = "") =>
  `DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a",Hostname="mcp-node",namespace="mcp",pod="${pod}"${more}} ${value}`;

describe("samples", () => {
  test("W2 pods that share a GPU have its value, one with two GPUs the mean", () => {
    const values = utilisationByPod([
      `# HELP DCGM_FI_DEV_GPU_UTIL x\n${sample("a", "95", ',vgpu="0"')}\n${sample("b", "95", ',vgpu="1"')}`,
      `${sample("c", "20")}\n${sample("c", "81 1700000000000")}\n`,
    ]);
    expect(Object.fromEntries(values)).toEqual({ "mcp/a": 95, "mcp/b": 95, "mcp/c": 50.5 });
    expect([quantity(95), quantity(50.5), quantity(1 / 3)]).toEqual(["95", "50500m", "333m"]);
  });

  test("other fields, GPUs that nobody holds and what is no number are left out", () => {
    const text = [
      sample("a", "95").replace("GPU_UTIL", "FB_USED"),
      'DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-a"} 95',
      sample("", "95"),
      sample("a", "NaN"),
      "nonsense",
    ].join("\n");
    expect(utilisationByPod([text]).size).toBe(0);
  });
});
