import type { Rule } from "../../engine/rule.ts";
import { detectText } from "./strings.ts";

/** Accounts that are given up; a host name may write a dash as an underscore. */
const stale = /scoobyjava[-_]vw02766|uhdecno[-_]cvb64222/i;

export const noStaleSnowflake: Rule = {
  name: "no-stale-snowflake-account",
  description: "Nothing names a Snowflake account that is given up.",
  severity: "high",
  why: "data sent to an account that nobody looks after is lost, or read by whoever gets it next",
  fix: "use account ZNB04675, from the stack's settings",
  judge: (subject) =>
    detectText(subject, stale).map((path) => ({
      path,
      message: "names a Snowflake account that is given up",
    })),
};
