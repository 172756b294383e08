import { retiredAccounts, snowflakeAccount } from "../../../components/settings/sections/snowflake.ts";
import type { Rule } from "../../engine/rule.ts";
import { detectText } from "./strings.ts";

export const noStaleSnowflake: Rule = {
  name: "no-stale-snowflake-account",
  description: "Nothing names a retired Snowflake account.",
  severity: "high",
  why: "data sent to an account that is no longer managed is lost, or readable by its next owner",
  fix: `use account ${snowflakeAccount}, which replaced it, from the stack's settings`,
  evaluate: (subject) =>
    detectText(subject, retiredAccounts).map((path) => ({
      path,
      message: "names a retired Snowflake account",
    })),
};
