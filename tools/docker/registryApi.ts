/** Docker Hub's API is not where its images' names point. */
const apiHosts: Record<string, string> = { "docker.io": "registry-1.docker.io" };

/** Address of a registry's API. As in Docker: plain HTTP for registries on this machine only. Pure. */
export function registryApi(registry: string): string {
  const scheme = /^(localhost|127\.\d+\.\d+\.\d+)(:|$)/.test(registry) ? "http" : "https";
  return `${scheme}://${apiHosts[registry] ?? registry}/v2`;
}

/** What a registry is asked for: an index of images, or one image, in OCI's format or Docker's. */
export const acceptedManifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
