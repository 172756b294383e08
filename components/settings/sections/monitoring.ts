import { z } from "zod";
import { images } from "../../core/versions.ts";
import { image } from "./formats.ts";
import { demand, quantity } from "./quantities.ts";

/** Prometheus and Alertmanager. */
export const monitoringSettings = z.strictObject({
  /** `false`: nothing collects metrics, and no alert is raised. The volumes of both stay when it is turned off. */
  enabled: z.boolean().default(true),
  /** The [dashboards](monitoring.md#dashboards) as ConfigMaps that a Grafana in the cluster finds. A change restarts nothing. */
  dashboards: z.boolean().default(true),
  /** A change restarts Prometheus, which keeps its samples. */
  prometheusImage: image.default(images.prometheus),
  /** A change restarts Alertmanager, which keeps its silences. */
  alertmanagerImage: image.default(images.alertmanager),
  /** Seconds between two scrapes, and between two evaluations of the rules. A change restarts Prometheus. */
  intervalSeconds: z.number().int().min(5).max(60).default(30),
  /** Days that samples are kept, fewer where four fifths of the volume are full. A change restarts Prometheus. */
  retentionDays: z.number().int().min(1).default(15),
  /**
   * Of Prometheus's volume. A change needs [a step by hand](runbooks/upgrade.md#another-volume-size), or the update fails.
   */
  storage: quantity.default("10Gi"),
  /** Prometheus's. A change restarts it. */
  resources: demand.default({
    requests: { cpu: "100m", memory: "256Mi" },
    limits: { cpu: "1000m", memory: "1Gi" },
  }),
});
