import { Config } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import { Publication } from "../../../../data/estuary/provider/resources.ts";
import { slackCapture } from "../../../../data/estuary/spec/captures.ts";
import type { Specs } from "../../../../data/estuary/spec/catalog.ts";
import { postgresMaterialization } from "../../../../data/estuary/spec/materializations.ts";

const config = new Config();
const prefix = "sophia/test";
const slack = (token: string): Specs =>
  slackCapture(prefix, {
    token,
    interval: config.get("interval") ?? "5m",
    startDate: "2025-01-01T00:00:00Z",
    lookbackDays: 7,
    channels: [],
  });
const staging = (password: string): Specs =>
  postgresMaterialization(prefix, { address: "db:5432", user: "flow_materialize", password }, ["slack"]);

const capture = new Publication("capture", {
  owner: `${prefix}/source-slack`,
  names: Object.keys(slack("none")),
  specs: config.requireSecret("token").apply(slack),
});
// Not known in the first preview.
const password = new RandomPassword("password", { length: 32, special: false });
const materialization = new Publication(
  "staging",
  {
    owner: `${prefix}/materialize-postgres`,
    names: Object.keys(staging("none")),
    specs: password.result.apply(staging),
  },
  { dependsOn: [capture], replaceWith: [capture] },
);
export const revisions = [capture.revision, materialization.revision];
