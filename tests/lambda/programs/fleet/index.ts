import { Config, output } from "@pulumi/pulumi";
import { fleetSettings, lambdaSettings } from "../../../../components/settings/sections/lambda.ts";
import { Fleet } from "../../../../lambda/fleet.ts";

/** The fleet of the real program, without what runs on it. */
const config = new Config("sophia-infra");
const settings = lambdaSettings.parse(config.requireObject("lambda"));
const fleet = new Fleet("fleet", {
  settings,
  hosts: fleetSettings.parse(config.requireObject("hosts")),
  budget: config.requireObject<{ monthlyUsd: number }>("budget"),
  apiKey: config.requireSecret("lambdaApiKey"),
  publicKey: settings.sshKey.publicKey ?? "",
  peerPorts: [
    { protocol: "tcp", ports: [6443, 6443], purpose: "Kubernetes API" },
    { protocol: "udp", ports: [51820, 51820], purpose: "WireGuard" },
  ],
});

export const hosts = output(fleet.hosts.map(({ host }) => host));
export const summary = fleet.summary;
export const estimate = fleet.estimate;
