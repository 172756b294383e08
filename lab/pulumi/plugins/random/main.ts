/**
 * `pulumi-resource-random`: the types of `@pulumi/random` that the program uses. `RandomBytes` is left out: its id,
 * which the state keeps in the clear, is its secret value.
 */
import { pluginVersion } from "../../versions.ts";
import { providerOf } from "../kit/resources.ts";
import { serveProvider } from "../kit/serve-provider.ts";
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
