import * as pulumi from "@pulumi/pulumi";
import * as snowflake from "@pulumi/snowflake";
import { pipelineSettings } from "../../../../components/settings/sections/pipeline.ts";
import { Snowflake } from "../../../../data/snowflake/component.ts";
import { snowflakeSection } from "../../../support/pipeline/settings.ts";

const config = new pulumi.Config();
const { snowflake: settings } = pipelineSettings.parse({
  snowflake: { ...snowflakeSection, ...config.getObject<object>("snowflake") },
});

const made = new Snowflake("snowflake", {
  settings,
  privateKey: config.requireSecret("privateKey"),
  loaderPrivateKey: config.requireSecret("loaderPrivateKey"),
  readerPrivateKey: config.getSecret("readerPrivateKey"),
});
if (config.getBoolean("unknownType")) new snowflake.NetworkPolicy("policy", { name: "P" });

export const database = made.database;
export const loader = made.logins.loader?.user;
export const { host, identifier } = made.address;
