import * as pulumi from "@pulumi/pulumi";
import { Images } from "../../../../components/images/images.ts";

const config = new pulumi.Config();
const images = new Images("images", {
  settings: config.requireObject("build"),
  password: config.requireSecret("password"),
  root: "../../../..",
});

export const { repoDigests } = images;
