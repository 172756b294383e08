import { BatchV1Api } from "@kubernetes/client-node";
import { kubeconfig } from "../../lab.ts";

/** Runs the extractor as its CronJob does, without waiting for the schedule. @returns the Job, which goes when it ends */
export async function startExtractor(prefix: string): Promise<string> {
  const batch = kubeconfig().makeApiClient(BatchV1Api);
  const { spec } = await batch.readNamespacedCronJob({ namespace: "data", name: "pipeline-gong" });
  if (!spec?.jobTemplate.spec) throw new Error("the CronJob pipeline-gong has no template of a Job");
  const { metadata } = await batch.createNamespacedJob({
    namespace: "data",
    body: {
      metadata: { generateName: `${prefix}-` },
      spec: { ...spec.jobTemplate.spec, ttlSecondsAfterFinished: 0 },
    },
  });
  return metadata?.name ?? "";
}

/** Whether a Job of `startExtractor` is still there. */
export async function extractorIsThere(job: string): Promise<boolean> {
  const { items } = await kubeconfig()
    .makeApiClient(BatchV1Api)
    .listNamespacedJob({ namespace: "data", fieldSelector: `metadata.name=${job}` });
  return items.length > 0;
}
