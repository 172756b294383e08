import { unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes, resource } from "../fixtures.ts";
import { type Case, container, image, inStack, named, saying } from "./subjects.ts";

const tagged = "ghcr.io/cloudnative-pg/postgresql:17.2";
const volume = (reference: unknown) =>
  kubernetes(
    deployment({
      container: { image: `ghcr.io/sophia-ai/one@sha256:${"0123456789abcdef".repeat(4)}` },
      pod: {
        volumes: [
          { name: "tmp", emptyDir: {} },
          { name: "data", image: { reference } },
        ],
      },
    }),
  );
const build = (buildArgs: Record<string, unknown>) => resource({ buildArgs }, "docker-build:index:Image");

export const imageCases: Record<string, Case> = {
  "no-latest-tag": {
    violating: {
      latest: image("docker.io/library/redis:latest"),
      "an image volume": volume("docker.io/library/redis:latest"),
      "a build argument": build({ NODE: "docker.io/library/node" }),
      "no tag": image("docker.io/library/redis"),
      "neither tag nor host": image("redis"),
      "no tag behind a port": image("registry.test:5000/redis"),
      "no tag on this machine": image("localhost/redis"),
      "latest of a kind": image("docker.io/library/redis:latest-alpine"),
    },
    clean: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a digest": image(`docker.io/library/redis@sha256:${"0123456789abcdef".repeat(4)}`),
      "a tag that begins so": image("docker.io/library/redis:latest7"),
      "latest, but fixed": image(`docker.io/library/redis:latest@sha256:${"0123456789abcdef".repeat(4)}`),
      "a tag behind a port": image("registry.test:5000/redis:7"),
      "not known yet": image(unknown),
    },
  },
  "digest-in-production": {
    context: { stack: "prod" },
    violating: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a cluster of the operator": kubernetes({
        apiVersion: "postgresql.cnpg.io/v1",
        kind: "Cluster",
        metadata: { name: "postgres" },
        spec: { imageName: "ghcr.io/cloudnative-pg/postgresql:15.20" },
      }),
      "a pooler of the operator": saying(
        "spec.template.spec.containers[1].image:",
        kubernetes({
          apiVersion: "postgresql.cnpg.io/v1",
          kind: "Pooler",
          metadata: { name: "pooler" },
          spec: {
            template: {
              spec: { containers: [{ image: unknown }, { image: "ghcr.io/cloudnative-pg/pgbouncer:1.23" }] },
            },
          },
        }),
      ),
      ...Object.fromEntries(
        Object.entries({
          "spec.template.spec.initContainers[0].image": {
            kind: "Pooler",
            spec: { template: { spec: { initContainers: [{ image: tagged }] } } },
          },
          "spec.images[1].image": {
            kind: "ClusterImageCatalog",
            spec: {
              images: [
                { major: 16, image: unknown },
                { major: 17, image: tagged },
              ],
            },
          },
          "spec.postgresql.extensions[0].image.reference": {
            kind: "Cluster",
            spec: { postgresql: { extensions: [{ name: "x", image: { reference: tagged } }] } },
          },
        }).map(([path, { kind, spec }]) => [
          `the operator's ${path}`,
          saying(`${path}:`, named("postgresql.cnpg.io/v1", kind, spec)),
        ]),
      ),
      ...Object.fromEntries(
        ["OPERATOR", "POSTGRES", "PGBOUNCER"].map((what) => [
          `the operator's variable of ${what}`,
          saying(
            `env.${what}_IMAGE_NAME:`,
            container({ image: unknown, env: [{ name: `${what}_IMAGE_NAME`, value: tagged }] }),
          ),
        ]),
      ),
      "a digest that was not looked up": saying(
        "no real digest",
        image(`docker.io/library/redis@sha256:${"0".repeat(64)}`),
      ),
      "an image volume": saying(
        "spec.template.spec.volumes[1].image.reference:",
        volume("docker.io/library/redis:7.0.15"),
      ),
      "a build argument": saying("buildArgs.NODE:", build({ NODE: "docker.io/library/node:24" })),
      "half a digest": image(`docker.io/library/redis@sha256:${"0".repeat(63)}`),
    },
    clean: {
      "a tag, elsewhere": inStack("dev", image("docker.io/library/redis:7.0.15")),
      "build arguments that are no images": build({
        MODE: "production",
        URL: "https://x.test/y:1",
        HASH: "0a",
        N: 1,
      }),
      "a build argument with a digest": build({ NODE: `node@sha256:${"0123456789abcdef".repeat(4)}` }),
      "another variable": container({ image: unknown, env: [{ name: "IMAGE_NAME", value: tagged }] }),
      "another kind of catalogue": named("example.test/v1", "ImageCatalog", { images: [{ image: tagged }] }),
      "a build argument that is not known yet": build({ BASE: unknown }),
      "build arguments of something else": resource({ buildArgs: { NODE: "docker.io/library/node:24" } }),
      "an image volume that is not known yet": volume(unknown),
      "a digest": image(`docker.io/library/redis:7.0.15@sha256:${"0123456789abcdef".repeat(4)}`),
    },
  },
  "allowed-registries": {
    violating: {
      "an image volume": saying(
        "volumes[1].image.reference: image docker.io/other/data is",
        volume("other/data:1"),
      ),
      "a build argument": saying(
        "buildArgs.BASE: image quay.io/other/node is",
        build({ BASE: "quay.io/other/node:24" }),
      ),
      "a build argument with a port": build({ BASE: "registry.test:5000/node:24" }),
      "a short name as a build argument": build({ BASE: "other/node" }),
      "somebody's": image("docker.io/somebody/redis:7"),
      "somebody's by its short name": saying("image docker.io/somebody/redis is", image("somebody/redis:7")),
      "one behind a port, without a tag": saying(
        "image registry:5000/redis is",
        image("registry:5000/redis"),
      ),
      "a name that only begins so": image("ghcr.io/sophia-ai-evil/one:1"),
      "a name that begins like one image": image("ghcr.io/other/one-more:1"),
      "another image of a registry": image("ghcr.io/other/two:1"),
      "this machine's": saying("image localhost/library/redis is", image("localhost/library/redis:7")),
      "one behind a port": saying("image registry:5000/redis is", image("registry:5000/redis:7")),
    },
    clean: {
      "a build argument": build({ NODE: "node:24" }),
      ours: image("ghcr.io/sophia-ai/one:1"),
      "one of another registry": image("ghcr.io/other/one:1"),
      "an official one": image("redis:7.0.15"),
      "an official one with a dot": image("registry.test:7"),
      "an official one by its host": image("docker.io/library/redis:7"),
      "by digest": image(`ghcr.io/sophia-ai/one@sha256:${"0123456789abcdef".repeat(4)}`),
    },
  },
};
