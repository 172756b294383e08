import { unknown } from "../../../../policies/engine/values.ts";
import { kubernetes } from "../fixtures.ts";
import { type Case, image, inStack, saying } from "./subjects.ts";

export const imageCases: Record<string, Case> = {
  "no-latest-tag": {
    violating: {
      latest: image("docker.io/library/redis:latest"),
      "no tag": image("docker.io/library/redis"),
      "neither tag nor host": image("redis"),
      "no tag behind a port": image("registry.test:5000/redis"),
      "no tag on this machine": image("localhost/redis"),
      "latest of a kind": image("docker.io/library/redis:latest-alpine"),
    },
    clean: {
      "a tag": image("docker.io/library/redis:7.0.15"),
      "a digest": image(`docker.io/library/redis@sha256:${"0".repeat(64)}`),
      "a tag that begins so": image("docker.io/library/redis:latest7"),
      "latest, but fixed": image(`docker.io/library/redis:latest@sha256:${"0".repeat(64)}`),
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
      "half a digest": image(`docker.io/library/redis@sha256:${"0".repeat(63)}`),
    },
    clean: {
      "a tag, elsewhere": inStack("dev", image("docker.io/library/redis:7.0.15")),
      "a digest": image(`docker.io/library/redis:7.0.15@sha256:${"0".repeat(64)}`),
    },
  },
  "allowed-registries": {
    violating: {
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
      ours: image("ghcr.io/sophia-ai/one:1"),
      "one of another registry": image("ghcr.io/other/one:1"),
      "an official one": image("redis:7.0.15"),
      "an official one with a dot": image("registry.test:7"),
      "an official one by its host": image("docker.io/library/redis:7"),
      "by digest": image(`ghcr.io/sophia-ai/one@sha256:${"0".repeat(64)}`),
    },
  },
};
