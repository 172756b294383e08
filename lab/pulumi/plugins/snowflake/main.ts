/** `pulumi-resource-snowflake`: the types of `@pulumi/snowflake` that the program uses, against the lab's Snowflake. */
import { serveProvider } from "../kit/serveProvider.ts";
import { snowflakeProvider } from "./provider.ts";

await serveProvider(snowflakeProvider);
