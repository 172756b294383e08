import { number, text, uidOf } from "../object/access.ts";
import type { Awaiter } from "./awaiter.ts";
import { info } from "./awaiter.ts";
import { podComplaints } from "./pods.ts";
import { kinds, owned } from "./related.ts";

/** Ready when all replicas are of the newest revision and ready. */
export const statefulSet: Awaiter = {
  onRead: true,
  judge: (context) => async (live) => {
    const generation = number(live, "metadata", "generation") ?? 0;
    const observed = number(live, "status", "observedGeneration") ?? 0;
    const wanted = number(live, "spec", "replicas") ?? 0;
    const status = (name: string) => number(live, "status", name) ?? 0;
    const current = text(live, "status", "currentRevision");
    const target = text(live, "status", "updateRevision");
    // Until the controller has seen this generation, its status speaks of the one before.
    const fresh = generation > 0 && observed >= generation;
    const byHand = generation > 1 && text(live, "spec", "updateStrategy", "type") === "OnDelete";
    const revisionReady = fresh && (byHand || (current !== "" && current === target));
    const replicasReady =
      fresh &&
      wanted === status("replicas") &&
      wanted === status("readyReplicas") &&
      (byHand || wanted === status("currentReplicas"));
    if (revisionReady && replicasReady)
      return { ready: true, messages: [info("✅ StatefulSet initialization complete")] };

    const readyPods = revisionReady
      ? status("readyReplicas")
      : Math.min(status("readyReplicas"), status("updatedReplicas"));
    const progress = fresh ? `${readyPods}/${wanted}` : "0/0";
    const step =
      generation <= 1
        ? `[1/2] Waiting for StatefulSet to create Pods (${progress} Pods ready)`
        : replicasReady
          ? "[2/3] Waiting for StatefulSet to update .status.currentRevision"
          : `[1/3] Waiting for StatefulSet update to roll out (${progress} Pods ready)`;
    const pods = await owned(context.cluster, kinds.pod, live);
    const complaints = podComplaints(pods);
    return {
      ready: false,
      reasons: [
        ...(replicasReady ? [] : [`${readyPods} out of ${wanted} replicas succeeded readiness checks`]),
        ...(revisionReady
          ? []
          : [`StatefulSet controller failed to advance from revision "${current}" to revision "${target}"`]),
        ...complaints.map((message) => message.text),
      ],
      messages: [info(step), ...complaints],
      related: pods.map(uidOf),
    };
  },
};
