import { batch, startJob } from "../../jobs.ts";

/** Runs the extractor as its CronJob does, without waiting for the schedule. @returns the Job, which goes when it ends */
export const startExtractor = async (prefix: string): Promise<string> =>
  (await startJob("pipeline-gong", prefix, { ttlSecondsAfterFinished: 0 })).name;

/** Whether a Job of `startExtractor` is still there. */
export async function extractorIsThere(job: string): Promise<boolean> {
  const { items } = await batch().listNamespacedJob({
    namespace: "data",
    fieldSelector: `metadata.name=${job}`,
  });
  return items.length > 0;
}
