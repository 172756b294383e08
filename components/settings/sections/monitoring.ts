import { z } from "zod";
import { images } from "../../core/versions.ts";
import { cpu, quantity } from "./quantities.ts";

const resources = z.strictObject({ cpu, memory: quantity });

/** Prometheus and Alertmanager. */
export const monitoringSettings = z.strictObject({
  /** `false`: nothing collects metrics, and no alert is raised. The volumes of both stay when it is turned off. */
  enabled: z.boolean().default(true),
  /** A change restarts Prometheus, which keeps its samples. */
  prometheusImage: z.string().min(1).default(images.prometheus),
  /** A change restarts Alertmanager, which keeps its silences. */
  alertmanagerImage: z.string().min(1).default(images.alertmanager),
  /** Seconds between two scrapes, and between two evaluations of the rules. A change restarts Prometheus. */
  intervalSeconds: z.number().int().min(5).max(60).default(30),
  /** Days that samples are kept, fewer where four fifths of the volume are full. A change restarts Prometheus. */
  retentionDays: z.number().int().min(1).default(15),
  /**
   * Of Prometheus's volume. A change needs [a step by hand](runbooks/upgrade.md#another-volume-size), or the update fails.
   */
  storage: quantity.default("10Gi"),
  /** Prometheus's. A change restarts it. */
  resources: z
    .strictObject({ requests: resources, limits: resources })
    .default({ requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "1000m", memory: "1Gi" } }),
});
