import { podOf } from "../../engine/pods.ts";
import type { Subject } from "../../engine/rule.ts";
import { list, object } from "../../engine/values.ts";

export interface Image {
  path: string;
  reference: string;
  /** With its host; `docker.io/library/` for a reference without one. */
  repository: string;
  tag: string;
  digest: string;
}

/** Splits an image reference. Pure. */
export function parseImage(path: string, reference: string): Image {
  const [before = "", digest = ""] = reference.split("@");
  const colon = before.lastIndexOf(":");
  const tagged = colon > before.lastIndexOf("/");
  const bare = tagged ? before.slice(0, colon) : before;
  const [host = "", ...rest] = bare.split("/");
  const named = rest.length > 0 && (/[.:]/.test(host) || host === "localhost");
  const repository = named ? bare : rest.length > 0 ? `docker.io/${bare}` : `docker.io/library/${bare}`;
  return { path, reference, repository, tag: tagged ? before.slice(colon + 1) : "", digest };
}

interface Reference {
  path: string;
  reference: unknown;
}

/** Images of a pod's containers, and those that it mounts as volumes. */
function ofPod(subject: Subject): Reference[] {
  const pod = podOf(subject);
  if (!pod) return [];
  return [
    ...pod.containers.map(({ body, path }) => ({ path: `${path}.image`, reference: body.image })),
    ...list(pod.spec.volumes).map(({ image }, index) => ({
      path: `${pod.path}.volumes[${index}].image.reference`,
      reference: object(image).reference,
    })),
  ];
}

/** Images of CloudNativePG's clusters and poolers. */
function ofCloudNativePg({ kubernetes }: Subject): Reference[] {
  if (!kubernetes?.apiVersion.startsWith("postgresql.cnpg.io/")) return [];
  const spec = object(kubernetes.body.spec);
  const containers = list(object(object(spec.template).spec).containers);
  return [
    { path: "spec.imageName", reference: spec.imageName },
    ...containers.map(({ image }, index) => ({
      path: `spec.template.spec.containers[${index}].image`,
      reference: image,
    })),
  ];
}

/** A build argument that can only be an image: with a path, a tag or a digest, and without a scheme. */
const imageShape =
  /^[a-z0-9][a-z0-9._-]*(?::\d+)?(?:(?:\/[a-z0-9._-]+)+|(?=[:@]))(?::[\w.-]+)?(?:@[a-z0-9]+:[0-9a-f]+)?$/;

/** Images that an image is built from, by its build arguments. */
const ofBuild = ({ type, props }: Subject): Reference[] =>
  type === "docker-build:index:Image"
    ? Object.entries(object(props.buildArgs))
        .filter(([, value]) => typeof value === "string" && imageShape.test(value))
        .map(([name, reference]) => ({ path: `buildArgs.${name}`, reference }))
    : [];

/** Images that a subject runs, mounts, or is built from. Unknown ones are left out. */
export const imagesOf = (subject: Subject): Image[] =>
  [...ofPod(subject), ...ofCloudNativePg(subject), ...ofBuild(subject)].flatMap(({ path, reference }) =>
    typeof reference === "string" ? [parseImage(path, reference)] : [],
  );
