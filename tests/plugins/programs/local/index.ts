import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const token = config.requireSecret("token");
const version = config.get("version") ?? "1";
const file = config.require("file");

const deleteFirst = config.getBoolean("deleteFirst") ?? false;

const install = new local.Command(
  "install",
  {
    create: `echo "install ${version}" | tee -a ${file}; echo noted >&2`,
    delete: `echo "remove after [$PULUMI_COMMAND_STDOUT]" >> ${file}`,
    triggers: [config.get("trigger") ?? "a"],
    environment: { TOKEN: token },
  },
  { deleteBeforeReplace: deleteFirst },
);
if (deleteFirst) {
  new local.Command("dependent", {
    create: `echo "dependent up" >> ${file}`,
    delete: `echo "dependent down" >> ${file}`,
    triggers: [install.stdout],
  });
  new local.Command(
    "tenant",
    { create: "true", delete: `echo "tenant down" >> ${file}` },
    { deletedWith: install },
  );
}
const configure = new local.Command(
  "configure",
  {
    create: "cat",
    update: `echo "was $PULUMI_COMMAND_STDOUT"; cat`,
    stdin: pulumi.interpolate`${config.get("text") ?? "first"} after ${install.stdout}`,
    dir: "/",
    interpreter: ["/bin/bash", "-c"],
    ...(config.getBoolean("assets") ? { assetPaths: ["*.txt"] } : {}),
  },
  { dependsOn: [install] },
);
if (config.getBoolean("fail")) {
  new local.Command(
    "broken",
    {
      create: 'echo "told: $TOKEN, $MADE"; cat >&2; exit 3',
      environment: { TOKEN: token, MADE: pulumi.secret("made by the program") },
      stdin: token,
    },
    { dependsOn: [configure] },
  );
}
if (config.getBoolean("hang")) {
  new local.Command("hanging", { create: `echo $$ > ${file}.pid; sleep 600 & wait` });
}

export const installed = install.stdout;
export const noted = install.stderr;
export const configured = configure.stdout;
