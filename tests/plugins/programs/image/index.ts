import * as docker from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
const folder = config.require("folder");
const server = config.require("server");
const password = config.requireSecret("password");

const made = new docker.Image("made", {
  context: { location: folder },
  dockerfile: { location: `${folder}/Dockerfile` },
  buildArgs: {
    VERSION: "1",
    ...(config.getBoolean("secretArgument") ? { TOKEN: password } : {}),
  },
  labels: { purpose: "test" },
  platforms: config.getObject<docker.Platform[]>("platforms") ?? ["linux/amd64"],
  tags: [`${server}/team/made:1`],
  push: true,
  registries: [{ address: server, username: config.get("username") ?? "pusher", password }],
  buildOnPreview: config.getBoolean("buildOnPreview") ?? false,
  ...(config.getBoolean("cache") ? { cacheTo: [{ inline: {} }] } : {}),
});

export const ref = made.ref;
export const digest = made.digest;
