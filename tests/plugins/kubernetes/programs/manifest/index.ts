import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const provider = new kubernetes.Provider("cluster", {
  kubeconfig: config.requireSecret("kubeconfig"),
  clusterIdentifier: "test",
});
new kubernetes.yaml.ConfigFile(
  "manifest",
  { file: config.require("file"), skipAwait: true },
  { providers: { kubernetes: provider } },
);
