import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const connection = {
  host: config.require("host"),
  port: config.requireNumber("port"),
  user: "ubuntu",
  privateKey: config.requireSecret("privateKey"),
  hostKey: config.get("hostKey"),
  dialErrorLimit: config.getNumber("dialErrorLimit") ?? 2,
  perDialTimeout: 5,
  ...(config.getBoolean("proxy") ? { proxy: { host: "127.0.0.1" } } : {}),
};
const folder = config.require("folder");
const settings = config.get("settings") ?? "a: 1";

const install = new remote.Command("install", {
  connection,
  create: `echo "installed ${config.get("version") ?? "1"} with $(wc -c) bytes"`,
  delete: `echo removed >> ${folder}/journal`,
  stdin: config.requireSecret("token"),
  triggers: [config.get("version") ?? "1"],
  addPreviousOutputInEnv: false,
  ...(config.get("variable") ? { environment: { [config.require("variable")]: "value" } } : {}),
});
new remote.CopyToRemote(
  "settings",
  {
    connection,
    source: new pulumi.asset.StringAsset(settings),
    remotePath: `${folder}/etc/app/settings.yaml`,
  },
  { dependsOn: [install] },
);
new remote.CopyToRemote("program", {
  connection,
  source: new pulumi.asset.FileArchive(import.meta.dirname),
  remotePath: `${folder}/copied`,
});
if (config.getBoolean("fail")) {
  new remote.Command("broken", {
    connection,
    create: "echo half done; cat >&2; exit 4",
    stdin: config.requireSecret("token"),
  });
}
if (config.getBoolean("hang")) {
  new remote.Command("hanging", { connection, create: `echo started > ${folder}/hanging; sleep 600` });
}

export const installed = install.stdout;
