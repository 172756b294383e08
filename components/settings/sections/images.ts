import { z } from "zod";
import { families, imagesOfOthers } from "../../images/roles.ts";

/** An image by tag and digest: the tag is for people, the digest decides. */
const pinned = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9._-]+)+:[A-Za-z0-9._-]+@sha256:[0-9a-f]{64}$/,
    "an image by registry, name, tag and digest, like docker.io/library/debian:12-slim@sha256:…",
  );
const repository = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9._-]+)*$/, "a registry and a path, like ghcr.io/sophia-ai");

/** How the stack builds the platform's own images. */
const buildSettings = z
  .strictObject({
    /** Where images are pushed to. The password is the secret `registryPassword`. */
    registry: z.strictObject({
      /** Its host name, with its port where it is not 443. `repository` begins with it. */
      server: z.string().min(1),
      /** User that may push there. */
      username: z.string().min(1),
      /**
       * User of the secret `registryPullPassword`, as whom the hosts pull. Left out: `username`. A change restarts K3s on
       * one node after the other.
       */
      pullUsername: z.string().min(1).optional(),
    }),
    /** Prefix of the images' names, on that registry. A change builds and pushes all of them again. */
    repository,
    /** Platforms of each image, under one digest. A change builds all of them again. */
    platforms: z
      .array(z.enum(["linux/amd64", "linux/arm64"]))
      .min(1)
      .default(["linux/amd64", "linux/arm64"]),
    /**
     * What images are made of, by digest: Node.js 24.2 or newer on Debian, and the Debian that all of them run in. A
     * change builds all of them again and rolls what runs them. Digests that were not looked up, all zeros, can be planned
     * and are refused in the update.
     */
    bases: z.strictObject({ node: pinned, debian: pinned }),
    /**
     * Services of the platform to build with the family `main`, by name: folders with package.json, package-lock.json
     * and main.ts, from the project's folder.
     */
    services: z
      .record(
        z
          .string()
          .regex(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits and dashes")
          .refine((name) => !(families as readonly string[]).includes(name), {
            error: "is the name of a family of the platform's own images; give the service another one",
          }),
        z.string().min(1),
      )
      .default({}),
  })
  .refine(({ registry, repository: name }) => `${name}/`.startsWith(`${registry.server}/`), {
    path: ["repository"],
    error: "must begin with registry.server, which it is pushed to",
  });

/** The platform's own images. */
export const imagesSettings = z.strictObject({
  /** Left out: nothing is built, and images run as `components/core/versions.ts` and the sections name them. */
  build: buildSettings.optional(),
  /**
   * Digests of images of others, by name and tag as `components/core/versions.ts` has them: those run by digest. Written by
   * `make pin-images`, where the stack file has this map. A change rolls what runs them.
   */
  digests: z
    .record(
      z.string(),
      z.string().regex(/^sha256:[0-9a-f]{64}$/, "a digest, like sha256:… with 64 hexadecimal digits"),
    )
    .superRefine((digests, context) => {
      const message =
        "is not a third-party image that the program runs now; `make pin-images` looks them up again";
      for (const name of Object.keys(digests))
        if (!imagesOfOthers.includes(name)) context.addIssue({ code: "custom", path: [name], message });
    })
    .default({}),
});
