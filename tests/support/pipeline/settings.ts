import { snowflakeAccount } from "../../../components/settings/sections/snowflake.ts";

/** What a stack file must say of the warehouse. */
export const snowflakeSection = { account: snowflakeAccount, user: "SCOOBYJAVA15", role: "ACCOUNTADMIN" };
