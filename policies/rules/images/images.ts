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
function parseImage(path: string, reference: string): Image {
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

/** Variables by which CloudNativePG's operator is told what else it runs. */
const ofOperator = ["OPERATOR_IMAGE_NAME", "POSTGRES_IMAGE_NAME", "PGBOUNCER_IMAGE_NAME"];

/** Images of a pod's containers, those that it mounts as volumes, and those that it is told to run. */
function ofPod(subject: Subject): Reference[] {
  const pod = podOf(subject);
  if (!pod) return [];
  return [
    ...pod.containers.flatMap(({ body, path }) => [
      { path: `${path}.image`, reference: body.image },
      ...list(body.env)
        .filter(({ name }) => ofOperator.some((each) => each === name))
        .map(({ name, value }) => ({ path: `${path}.env.${String(name)}`, reference: value })),
    ]),
    ...list(pod.spec.volumes).map(({ image }, index) => ({
      path: `${pod.path}.volumes[${index}].image.reference`,
      reference: object(image).reference,
    })),
  ];
}

/** Images of CloudNativePG's clusters, poolers and catalogs. */
function ofCloudNativePg({ kubernetes }: Subject): Reference[] {
  if (!kubernetes?.apiVersion.startsWith("postgresql.cnpg.io/")) return [];
  const spec = object(kubernetes.body.spec);
  const template = object(object(spec.template).spec);
  return [
    { path: "spec.imageName", reference: spec.imageName },
    ...["containers", "initContainers"].flatMap((key) =>
      list(template[key]).map(({ image }, index) => ({
        path: `spec.template.spec.${key}[${index}].image`,
        reference: image,
      })),
    ),
    ...list(spec.images).map(({ image }, index) => ({
      path: `spec.images[${index}].image`,
      reference: image,
    })),
    ...list(object(spec.postgresql).extensions).map(({ image }, index) => ({
      path: `spec.postgresql.extensions[${index}].image.reference`,
      reference: object(image).reference,
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
