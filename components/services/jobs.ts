/** A Job's `podFailurePolicy` where a failure is final: a pod that was lost with its node is none, and has a successor. */
export const unlessDisrupted = {
  rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
};
