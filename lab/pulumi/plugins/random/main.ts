/**
 * `pulumi-resource-random`: the types of `@pulumi/random` that the program uses. `RandomBytes` is not supported: its
 * id, which the state stores unencrypted, is its secret value.
 */
import { pluginVersion } from "../../versions.ts";
import { providerOf } from "../kit/resources.ts";
import { serveProvider } from "../kit/serveProvider.ts";
import { randomIdType, randomPassword, randomString } from "./types.ts";

await serveProvider(
  providerOf({
    name: "random",
    version: pluginVersion("random"),
    types: {
      "random:index/randomId:RandomId": randomIdType,
      "random:index/randomPassword:RandomPassword": randomPassword,
      "random:index/randomString:RandomString": randomString,
    },
  }),
);
