/** `pulumi-resource-command`: commands on this machine and, by SSH, on others. */
import { pluginVersion } from "../../versions.ts";
import { providerOf } from "../kit/resources.ts";
import { serveProvider } from "../kit/serveProvider.ts";
import { commandType } from "./command.ts";
import { copyToRemote } from "./copy.ts";
import { localCommandInputs, remoteCommandInputs } from "./inputs.ts";
import { runLocal } from "./local.ts";
import { runRemote } from "./remote.ts";

await serveProvider(
  providerOf({
    name: "command",
    version: pluginVersion("command"),
    types: {
      "command:local:Command": commandType(localCommandInputs, runLocal),
      "command:remote:Command": commandType(remoteCommandInputs, runRemote),
      "command:remote:CopyToRemote": copyToRemote,
    },
  }),
);
