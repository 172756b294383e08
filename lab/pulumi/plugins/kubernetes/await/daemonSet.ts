import { number, uidOf } from "../object/access.ts";
import type { Awaiter } from "./awaiter.ts";
import { info } from "./awaiter.ts";
import { podComplaints } from "./pods.ts";
import { kinds, owned } from "./related.ts";

/** Ready when every node that should run a pod runs a ready one of the newest generation. */
export const daemonSet: Awaiter = {
  onRead: true,
  judge: (context) => async (live) => {
    const generation = number(live, "metadata", "generation") ?? 0;
    const observed = number(live, "status", "observedGeneration") ?? -1;
    const wanted = number(live, "status", "desiredNumberScheduled") ?? -1;
    const steps: [string, string][] = [
      ["Current", "currentNumberScheduled"],
      ["Updated", "updatedNumberScheduled"],
      ["Available", "numberAvailable"],
      ["Ready", "numberReady"],
    ];
    const behind = steps.find(([, field]) => wanted > (number(live, "status", field) ?? 0));
    let why = "";
    if (observed < 0) why = "Missing .status.observedGeneration";
    else if (observed < generation)
      why = `DaemonSet generation is ${generation}, but latest observed generation is ${observed}`;
    else if (wanted < 0) why = "Missing .status.desiredNumberScheduled";
    else if (behind) why = `${behind[0]}: ${number(live, "status", behind[1]) ?? 0}/${wanted}`;
    if (why === "")
      return { ready: true, messages: [info(`✅ All replicas scheduled as expected. Replicas: ${wanted}`)] };
    const pods = await owned(context.cluster, kinds.pod, live);
    const complaints = podComplaints(pods);
    return {
      ready: false,
      reasons: [why, ...complaints.map((message) => message.text)],
      messages: [info(why), ...complaints],
      related: pods.map(uidOf),
    };
  },
};
