/** A reference as its parts. Names without a registry are Docker Hub's, as everywhere. Pure. */
export function parseReference(reference: string): { registry: string; path: string; tag: string } {
  const match = /^(?:([^/]+[.:][^/]*|localhost)\/)?([^:@]+):([^:@/]+)$/.exec(reference);
  if (!match) throw new Error(`image ${reference} has no tag, or is no image reference at all`);
  const [, registry = "docker.io", path = "", tag = ""] = match;
  return { registry, path: registry === "docker.io" && !path.includes("/") ? `library/${path}` : path, tag };
}
