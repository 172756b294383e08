import { number, text, uidOf } from "../object/access.ts";
import type { Awaiter } from "./awaiter.ts";
import { info } from "./awaiter.ts";
import { condition, fullName, isTrue, podComplaints } from "./pods.ts";
import { kinds, owned } from "./related.ts";

/** Ready when complete; given up as soon as the job itself has given up. */
export const job: Awaiter = {
  onRead: true,
  judge: (context) => {
    // A Job that ran out of time has its pods removed, and with them what kept them waiting.
    let seen: string[] = [];
    return async (live) => {
      const count = (name: string) => number(live, "status", name) ?? 0;
      const started = text(live, "status", "startTime") !== "";
      const failed = condition(live, "Failed");
      const gaveUp =
        isTrue(failed) && ["BackoffLimitExceeded", "DeadlineExceeded"].includes(text(failed, "reason"));
      if (started && !gaveUp && isTrue(condition(live, "Complete"))) return { ready: true };

      const progress = `(Active: ${count("active")} | Succeeded: ${count("succeeded")} | Failed: ${count("failed")})`;
      const step = started
        ? `Waiting for Job "${fullName(live)}" to succeed ${progress}`
        : `Waiting for Job "${fullName(live)}" to start`;
      const pods = await owned(context.cluster, kinds.pod, live);
      const complaints = podComplaints(pods);
      if (complaints.length > 0) seen = complaints.map((message) => message.text);
      return {
        ready: false,
        hopeless: gaveUp,
        reasons: [...(gaveUp ? [`[${text(failed, "reason")}] ${text(failed, "message")}`] : []), ...seen],
        // A job's pod is never ready for long, so that alone is nothing to report.
        messages: [info(step), ...complaints.filter(({ text: said }) => !said.includes("unready status"))],
        related: pods.map(uidOf),
      };
    };
  },
};
