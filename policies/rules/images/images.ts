import { podOf } from "../../engine/pods.ts";
import type { Subject } from "../../engine/rule.ts";
import { list, object } from "../../engine/values.ts";

export interface Image {
  path: string;
  reference: string;
  /** With its host; `docker.io/library/` where the reference names none. */
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

/** Images that a subject runs: of pods, and of CloudNativePG's clusters and poolers. Unknown ones are left out. */
export function imagesOf(subject: Subject): Image[] {
  const given = (podOf(subject)?.containers ?? []).map(({ body, path }) => ({
    path: `${path}.image`,
    reference: body.image,
  }));
  if (subject.kubernetes?.apiVersion.startsWith("postgresql.cnpg.io/")) {
    const spec = object(subject.kubernetes.body.spec);
    given.push({ path: "spec.imageName", reference: spec.imageName });
    list(object(object(spec.template).spec).containers).forEach(({ image }, index) => {
      given.push({ path: `spec.template.spec.containers[${index}].image`, reference: image });
    });
  }
  return given.flatMap(({ path, reference }) =>
    typeof reference === "string" ? [parseImage(path, reference)] : [],
  );
}
