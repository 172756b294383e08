import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import type { K3sSettings } from "./config.ts";

/** How the nodes log in to the registry of the platform's images. */
export interface RegistryLogin {
  /** Host of the registry, with its port where it is not 443. */
  server: string;
  username: string;
  /** Password or token that may pull. */
  password: string;
}

/** Docker Hub's images are named after one host and pulled from another. */
const pulledFrom = (server: string) => (server === "docker.io" ? "registry-1.docker.io" : server);

/**
 * `registries.yaml`: for each registry host, the mirrors that are tried first, and the login. Without a login nodes pull
 * what everybody may read. https://docs.k3s.io/installation/private-registry
 */
export function registriesText(mirrors: K3sSettings["mirrors"], login?: RegistryLogin): string {
  const entries = Object.entries(mirrors).map(([host, endpoint]) => [host, { endpoint }]);
  const auth = login && { username: login.username, password: login.password };
  return stringify(
    {
      mirrors: Object.fromEntries(entries),
      ...(login && { configs: { [pulledFrom(login.server)]: { auth } } }),
    },
    { sortMapEntries: true, lineWidth: 0 },
  );
}

/** The login of a stack whose registry has a password for pulls. Secret. */
export function registryLogin(
  registry: { server: string; username: string; pullUsername?: string | undefined } | undefined,
  password: pulumi.Output<string> | undefined,
): pulumi.Output<RegistryLogin> | undefined {
  if (registry === undefined || password === undefined) return undefined;
  const { server, username, pullUsername = username } = registry;
  return pulumi.secret({ server, username: pullUsername, password });
}
