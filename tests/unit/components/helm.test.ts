import { describe, expect, test } from "vitest";
import { images } from "../../../components/core/versions.ts";
import { gpuValues, sharingConfig } from "../../../components/services/gpu.ts";
import { chartSource, ownChart } from "../../../components/services/helm.ts";
import { gpuSettings } from "../../../components/settings/sections/k3s.ts";

describe("charts", () => {
  test("our own are the same text in every clone, and known by their content", () => {
    const redis = ownChart("redis");
    expect(redis.chart).toBe("./charts/redis");
    expect(redis.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(ownChart("redis").hash).toBe(redis.hash);
    expect(ownChart("nginx").hash).not.toBe(redis.hash);
  });

  test("others come from a repository at an exact version", () => {
    expect(chartSource({ chart: "a", repository: "https://charts.test", version: "1.2.3" })).toEqual({
      chart: "a",
      version: "1.2.3",
      repositoryOpts: { repo: "https://charts.test" },
    });
    expect(() => chartSource({ chart: "a", repository: "https://charts.test" })).toThrow(/exact version/);
    expect(() => chartSource({ chart: "./a", repository: "https://charts.test" })).toThrow(/leave out/);
    expect(chartSource({ chart: "/srv/charts/a" })).toEqual({ chart: "/srv/charts/a" });
  });
});

describe("GPU plugin", () => {
  test("K5 offers every GPU as four slices, one for each container", () => {
    expect(sharingConfig(4).sharing).toEqual({
      timeSlicing: {
        renameByDefault: false,
        failRequestsGreaterThanOne: true,
        resources: [{ name: "nvidia.com/gpu", replicas: 4 }],
      },
    });
  });

  test("K5 runs with NVIDIA's runtime on nodes with a GPU, from the image of the table", () => {
    expect(gpuValues(gpuSettings.parse({}), images.nvidiaDevicePlugin)).toMatchObject({
      image: { repository: "nvcr.io/nvidia/k8s-device-plugin", tag: "v0.19.0" },
      runtimeClassName: "nvidia",
      nodeSelector: { "nvidia.com/gpu.present": "true" },
      config: { default: "ts4" },
    });
  });
});
