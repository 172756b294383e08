import { isAbsolute, join } from "node:path";
import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { type BuildSettings, type Recipe, recipes, tagOf, unknownBases } from "./families.ts";
import type { Family } from "./roles.ts";

export interface ImagesArgs {
  /** Section `images.build`. Each field says what its change does. */
  settings: BuildSettings;
  /** May push to `settings.registry`. A new one rebuilds nothing. */
  password: pulumi.Input<string>;
  /** Folder that families' folders start from. Default: the project's. */
  root?: string;
}

/**
 * The platform's own images, built and pushed to the stack's registry. An image is built again when a file of its
 * context or one of its base images changed; workloads that use its reference then roll.
 */
export class Images extends Component {
  /** What services run, `name:tag@digest`, by family or service. Known once it is pushed. */
  readonly repoDigests: Record<string, pulumi.Output<string>> = {};

  /** @throws in an update when a base's digest was not looked up */
  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    refuseUnknownBases(args.settings);
    super("images:Images", name, opts);
    const { settings } = args;
    for (const recipe of recipes(settings)) this.repoDigests[recipe.name] = this.#build(recipe, args).ref;
    this.registerOutputs({ repoDigests: this.repoDigests });
  }

  /** Reference of a family's image. */
  repoDigest(family: Family): pulumi.Output<string> {
    const found = this.repoDigests[family];
    if (!found) throw new Error(`family ${family} is not built`);
    return found;
  }

  #build(recipe: Recipe, { settings, password, root = "." }: ImagesArgs): dockerBuild.Image {
    const { registry, platforms } = settings;
    const from = (path: string) => (isAbsolute(path) ? path : join(root, path));
    const base: Record<string, pulumi.Output<string>> = recipe.overBase
      ? { BASE: this.repoDigest("base") }
      : {};
    return new dockerBuild.Image(
      this.childName(recipe.name),
      {
        context: { location: from(recipe.context) },
        dockerfile: { location: from(recipe.dockerfile) },
        buildArgs: { ...recipe.bases, ...base },
        platforms,
        tags: [tagOf(settings, recipe.name, pulumi.getStack())],
        push: true,
        registries: [
          { address: registry.server, username: registry.username, password: pulumi.secret(password) },
        ],
        // A preview shows what would be built; only an update builds.
        buildOnPreview: false,
      },
      // Another stack, or a roll-back, may run the same digest.
      this.child({ retainOnDelete: true }),
    );
  }
}

function refuseUnknownBases(settings: BuildSettings): void {
  const missing = unknownBases(settings);
  if (missing.length === 0) return;
  const fault = `${missing.join(" and ")}: all zeros is no digest, and an update refuses it; run \`make pin-images\` where the registry answers`;
  if (!pulumi.runtime.isDryRun()) throw new Error(fault);
  void pulumi.log.warn(fault);
}
