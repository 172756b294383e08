import type { KubeObject } from "../object/access.ts";
import { annotation, nameOf, namespaceOf, number, text, uidOf } from "../object/access.ts";
import type { Awaiter, Message } from "./awaiter.ts";
import { info, warning } from "./awaiter.ts";
import { condition, isTrue, podComplaints } from "./pods.ts";
import { claimNames, kinds, orUndefined, owned } from "./related.ts";

const revisionOf = (object: KubeObject | undefined): string =>
  object ? annotation(object, "deployment.kubernetes.io/revision") : "";

/** What the Deployment's own controller reports, and what it says when it is not content. */
function conditions(deployment: KubeObject) {
  const messages: Message[] = [];
  const complain = (type: string) => {
    const entry = condition(deployment, type);
    if (!entry || isTrue(entry) || !text(entry, "reason") || !text(entry, "message")) return;
    messages.push(warning(`[${text(entry, "reason")}] ${text(entry, "message")}`));
  };
  complain("Progressing");
  complain("Available");
  const progressing = condition(deployment, "Progressing");
  return {
    available: isTrue(condition(deployment, "Available")),
    rolledOut: isTrue(progressing) && text(progressing, "reason") === "NewReplicaSetAvailable",
    messages,
  };
}

function shortfall(first: boolean, available: boolean, rolledOut: boolean, ready: boolean): string[] {
  if (!available) return ["Minimum number of live Pods was not attained"];
  const notLive = "Minimum number of Pods to consider the application live was not attained";
  if (first) return ready ? [] : [notLive];
  if (!rolledOut) return [notLive];
  return ready
    ? []
    : ["Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"];
}

/**
 * Ready when the controller has seen this generation, the ReplicaSet of the current revision has all its pods
 * ready, and the claims that its pods mount are bound.
 */
export const deployment: Awaiter = {
  onRead: true,
  judge: (context) => async (live) => {
    const namespace = namespaceOf(live);
    if (number(live, "status", "observedGeneration") !== number(live, "metadata", "generation"))
      return { ready: false, reasons: ["Minimum number of live Pods was not attained"] };

    const revision = revisionOf(live);
    const replicaSets = await owned(context.cluster, kinds.replicaSet, live);
    const current = replicaSets.find((set) => revision !== "" && revisionOf(set) === revision);
    const wanted = number(current, "spec", "replicas") ?? 1;
    const readyPods = number(current, "status", "readyReplicas") ?? 0;
    const replicasReady = current !== undefined && readyPods >= wanted;

    const claims = await Promise.all(
      claimNames(live).map((name) => orUndefined(context.cluster.get(kinds.claim, namespace, name))),
    );
    const unbound = claims.filter((claim) => claim && text(claim, "status", "phase") !== "Bound");

    const { available, rolledOut, messages } = conditions(live);
    const first = revision === "1";
    const content = available && replicasReady && (first || rolledOut);
    if (content && unbound.length === 0)
      return { ready: true, messages: [info("✅ Deployment initialization complete")] };

    const pods = current ? await owned(context.cluster, kinds.pod, live, current) : [];
    const complaints = podComplaints(pods);
    const names = unbound.map((claim) => (claim ? nameOf(claim) : ""));
    return {
      ready: false,
      reasons: [
        ...messages.map((message) => message.text),
        ...(names.length > 0 ? [`Failed to bind PersistentVolumeClaim(s): "${names.join(",")}"`] : []),
        ...shortfall(first, available, rolledOut, replicasReady),
        ...complaints.map((message) => message.text),
      ],
      messages: [
        info(`Waiting for app ReplicaSet to be available (${readyPods}/${wanted} Pods available)`),
        ...messages,
        ...complaints,
      ],
      related: [...replicaSets, ...pods].map(uidOf),
    };
  },
};
