import { BatchV1Api, type V1JobSpec } from "@kubernetes/client-node";
import { kubeconfig } from "./lab.ts";

/** Where all Jobs are that tests start by hand. */
const namespace = "data";

export const batch = (): BatchV1Api => kubeconfig().makeApiClient(BatchV1Api);

/**
 * Starts a CronJob's Job now, as `kubectl create job --from` does.
 *
 * @param prefix of the Job's name
 * @param more what is other than in the CronJob's template
 */
export async function startJob(
  cronJob: string,
  prefix: string,
  more: Partial<V1JobSpec> = {},
): Promise<{ namespace: string; name: string }> {
  const { spec } = await batch().readNamespacedCronJob({ namespace, name: cronJob });
  const { metadata, spec: template } = spec?.jobTemplate ?? {};
  if (!template) throw new Error(`the CronJob ${cronJob} has no template of a Job`);
  const body = { metadata: { ...metadata, generateName: `${prefix}-` }, spec: { ...template, ...more } };
  const made = await batch().createNamespacedJob({ namespace, body });
  return { namespace, name: made.metadata?.name ?? "" };
}
