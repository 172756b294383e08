import * as pulumi from "@pulumi/pulumi";
import { Thing } from "./thing.ts";

const config = new pulumi.Config();
const given = (name: string) => config.get(name) ?? "";

if (given("crash") === "throw") throw new Error("the program throws");
if (given("crash") === "exit") process.exit(7);

const host = new Thing("host", { text: given("host"), kind: given("kind"), place: given("place") });
const service = new Thing("service", { text: pulumi.interpolate`on ${host.text}`, fail: given("fail") });
// Nothing of `service` is an input of `after`: only the option orders them.
new Thing("after", { text: "after" }, { dependsOn: [service] });
if (config.getBoolean("tenant") ?? true) {
  new Thing("tenant", { text: "tenant", fail: given("tenantFail") }, { deletedWith: host });
}

if (config.getBoolean("witness")) new Thing("witness", { text: pulumi.interpolate`saw ${host.id}` });

export const hostId = host.id;
export const text = service.text;
export const project = pulumi.getProject();
export const secret = config.getSecret("password");
