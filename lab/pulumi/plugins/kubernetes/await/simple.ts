import type { Plain } from "../../kit/values.ts";
import { at, isMap, list, nameOf, number, text } from "../object/access.ts";
import { annotations } from "../object/annotations.ts";
import { equal } from "../object/mergePatch.ts";
import type { Awaiter } from "./awaiter.ts";
import { info, warning } from "./awaiter.ts";
import { checkPod, condition, isTrue } from "./pods.ts";
import { kinds, orUndefined } from "./related.ts";

export const pod: Awaiter = {
  onRead: true,
  judge: () => (live) => {
    const { ready, steps, complaints } = checkPod(live);
    if (ready) return { ready: true };
    return {
      ready: false,
      reasons: complaints.map((message) => message.text),
      messages: [...steps.slice(-1), ...complaints],
    };
  },
};

/**
 * A claim whose class binds with the first pod is as ready as it gets while it is pending. The official plugin waits for
 * nothing else after a create, so that one which is bound already is waited for in vain.
 */
export const persistentVolumeClaim: Awaiter = {
  onRead: false,
  timeout: 300,
  judge: (context) => async (live) => {
    const phase = text(live, "status", "phase");
    if (phase === "Bound" && !context.created) return { ready: true };
    const className = text(live, "spec", "storageClassName");
    const storageClass = className
      ? await orUndefined(context.cluster.get(kinds.storageClass, "", className))
      : undefined;
    const late = text(storageClass, "volumeBindingMode") === "WaitForFirstConsumer";
    const wanted = late ? "Pending" : "Bound";
    if (phase === wanted) return { ready: true };
    const why = storageClass ? "" : ` (there is no storage class "${className}")`;
    const skip = late && phase === "Bound" ? `; annotate it with ${annotations.skipAwait}` : "";
    return {
      ready: false,
      reasons: [`PersistentVolumeClaim is not ${wanted.toLowerCase()}: its phase is ${phase}${why}${skip}`],
    };
  },
};

export const persistentVolume: Awaiter = {
  onRead: false,
  timeout: 300,
  judge: () => (live) => {
    const phase = text(live, "status", "phase");
    if (phase === "Available") return { ready: true, messages: [info("✅ PV marked available")] };
    if (phase === "Bound") return { ready: true, messages: [info("✅ PV has been bound")] };
    return {
      ready: false,
      reasons: [`PersistentVolume is neither available nor bound: its phase is ${phase}`],
    };
  },
};

export const replicationController: Awaiter = {
  onRead: false,
  judge: () => (live) => {
    const wanted = number(live, "spec", "replicas") ?? 1;
    const available = number(live, "status", "availableReplicas") ?? 0;
    if (available === wanted) return { ready: true };
    return { ready: false, reasons: [`${available} of ${wanted} replicas are available`] };
  },
};

export const resourceQuota: Awaiter = {
  onRead: false,
  timeout: 60,
  judge: () => (live) => {
    const wanted = at(live, "spec", "hard");
    const taken = at(live, "status", "hard");
    if (isMap(wanted) && isMap(taken) && equal(wanted, taken)) return { ready: true };
    return { ready: false, reasons: ["the quota controller has not taken over .spec.hard"] };
  },
};

/** Only the secret of a service account token is filled in by somebody else. */
export const secret: Awaiter = {
  onRead: false,
  timeout: 5,
  judge: () => (live) => {
    const data: Plain = at(live, "data") ?? {};
    const filled = isMap(data) && Object.keys(data).length > 0;
    if (text(live, "type") !== "kubernetes.io/service-account-token" || filled) return { ready: true };
    return { ready: false, reasons: ["the token controller has not filled in the token"] };
  },
};

/** The official provider lets its retries bridge the gap; objects of the kind can be made a moment later. */
export const customResourceDefinition: Awaiter = {
  onRead: false,
  timeout: 60,
  judge: () => (live) => {
    if (isTrue(condition(live, "Established"))) return { ready: true };
    const names = condition(live, "NamesAccepted");
    const refused = names !== undefined && text(names, "status") === "False";
    const why = refused
      ? `[${text(names, "reason")}] ${text(names, "message")}`
      : "definition is not established";
    return { ready: false, reasons: [why], hopeless: refused };
  },
};

export const namespace: Awaiter = {
  onRead: false,
  judge: () => (live) =>
    text(live, "status", "phase") === "Terminating"
      ? { ready: false, reasons: [`namespace "${nameOf(live)}" is being deleted`] }
      : { ready: true },
};

export const ingress: Awaiter = {
  onRead: true,
  judge: () => (live) => {
    if (list(live, "status", "loadBalancer", "ingress").length > 0)
      return { ready: true, messages: [info("✅ Ingress initialization complete")] };
    const why = "Ingress .status.loadBalancer field was not updated with a hostname/IP address";
    return { ready: false, reasons: [why], messages: [warning(why)] };
  },
};
