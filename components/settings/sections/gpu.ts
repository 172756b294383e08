import { z } from "zod";
import { images, versions } from "../../core/versions.ts";
import { chartFault, image } from "./formats.ts";

/** How a GPU is shared. */
export const gpuSettings = z.strictObject({
  /** Time slices that one physical GPU is offered as, from 2 to 16; a pod asks for whole slices. */
  slicesPerGpu: z
    .number()
    .int()
    .min(2, "must be 2 or more: one slice stays free for the new pod of a rollout")
    .max(16)
    .default(4),
  /** NVIDIA's device plugin chart: a repository's chart, or a folder. */
  pluginChart: z
    .strictObject({
      /** Its name in the repository, or the path of a folder. */
      chart: z.string(),
      /** URL of the repository. Left out: `chart` is a folder, its path begins with `.` or `/`. */
      repository: z.url().optional(),
      /** Of a repository's chart. A change upgrades the release; pods that use slices go on. */
      version: z.string().optional(),
    })
    .superRefine((chart, context) => {
      const message = chartFault(chart);
      if (message) context.addIssue({ code: "custom", message });
    })
    .default({
      chart: "nvidia-device-plugin",
      repository: "https://nvidia.github.io/k8s-device-plugin",
      version: versions.nvidiaDevicePlugin,
    }),
  /** NVIDIA's device plugin. A change restarts it, not the pods that use slices. */
  pluginImage: image.default(images.nvidiaDevicePlugin),
  /** MCP servers with a GPU slice get more replicas when their GPU is busy, as DCGM measures it. */
  autoscaling: z
    .strictObject({
      /** Off: no GPU is measured, and servers with a slice have their least replicas. */
      enabled: z.boolean().default(true),
      /** Percent of the GPU, as a mean over a server's replicas; more than a tenth above it adds replicas. */
      targetPercent: z.number().int().min(1).max(100).default(80),
      /** Seconds that a GPU must have been less busy before replicas go: models take long to load. */
      quietSeconds: z.number().int().min(0).max(3600).default(300),
      /** Serves the metric to Kubernetes; of the family `monitoring`. A change rolls it. */
      image: image.default(images.monitoring),
      /** NVIDIA's DCGM exporter; production wants it by digest. A change rolls it. */
      exporterImage: image.default(images.dcgmExporter),
    })
    .prefault({}),
});
