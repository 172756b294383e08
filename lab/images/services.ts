import { images } from "../../components/core/versions.ts";
import type { Artefact } from "../../tools/artefacts/artefact.ts";
import { baseImage } from "../../tools/docker/images/base/image.ts";
import { dockerfileImage } from "../../tools/docker/images/build.ts";
import { nodeImage } from "../../tools/docker/images/node/image.ts";

/** An image that the lab's registry serves under its production name. */
export interface PublishedImage {
  /** Registry, path and tag, as pods name it. */
  reference: string;
  artefact: Artefact;
  /** The part of the settings without which no pod uses it. Default: it is always used. */
  onlyWith?: "monitoring" | "backup";
}

const lookAlike = (name: string, reference: string): PublishedImage => ({
  reference,
  artefact: dockerfileImage({
    name,
    title: `build the ${name} image`,
    dockerfile: `lab/images/${name}/Dockerfile`,
    official: reference,
    from: { BASE: baseImage },
  }),
});

/** The registry's own image. */
export const registryImage: Artefact = dockerfileImage({
  name: "registry",
  title: "build the image registry",
  dockerfile: "lab/images/registry/Dockerfile",
  from: { BASE: baseImage },
});

/** Base of our own images: the same Dockerfile as in production, on the lab's Debian and Node.js. */
const runtimeImage: Artefact = dockerfileImage({
  name: "runtime",
  title: "build the base of our own images",
  dockerfile: "images/base/Dockerfile",
  from: { NODE: nodeImage, DEBIAN: baseImage },
});

/** Images of the services and of our own programs. K3s's own images are in lab/k3s. */
export const serviceImages: PublishedImage[] = [
  lookAlike("postgres", images.postgres),
  lookAlike("pgbouncer", images.pgbouncer),
  lookAlike("redis", images.redis),
  lookAlike("nginx", images.nginx),
  { ...lookAlike("prometheus", images.prometheus), onlyWith: "monitoring" },
  { ...lookAlike("alertmanager", images.alertmanager), onlyWith: "monitoring" },
  {
    reference: images.pipeline,
    artefact: dockerfileImage({
      name: "pipeline",
      title: "build the image of the pipeline's jobs",
      dockerfile: "images/main/Dockerfile",
      context: "data",
      inputs: [
        "data/.dockerignore",
        "data/package.json",
        "data/package-lock.json",
        "data/main.ts",
        "data/kit",
        "data/migrations",
        "data/gong",
        "data/quality",
      ],
      from: { NODE: nodeImage, BASE: runtimeImage },
    }),
  },
  {
    reference: images.monitoring,
    artefact: dockerfileImage({
      name: "monitoring",
      title: "build the monitoring image",
      dockerfile: "images/monitoring/Dockerfile",
      from: { NODE: nodeImage, BASE: runtimeImage },
    }),
  },
  {
    reference: images.mcpServers,
    artefact: dockerfileImage({
      name: "mcp-servers",
      title: "build the MCP servers' image",
      dockerfile: "images/mcp-server/Dockerfile",
      context: ".",
      inputs: [
        ".dockerignore",
        "components/core/errors.ts",
        "components/core/http",
        "components/core/wait.ts",
        "components/settings/environment",
        "lambda/client",
        "mcp/check",
        "mcp/servers",
        "mcp/vendor",
      ],
      from: { NODE: nodeImage, BASE: runtimeImage },
    }),
  },
];
