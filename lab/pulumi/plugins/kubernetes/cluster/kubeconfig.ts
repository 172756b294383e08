import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { Plain, PlainObject } from "../../kit/values.ts";
import { at, isMap, list, text } from "../object/access.ts";

/** Settings of the provider's configuration that override the kubeconfig's. */
export interface Overrides {
  context?: string | undefined;
  cluster?: string | undefined;
  namespace?: string | undefined;
}

/** Address and credentials of an API server. */
export interface Connection {
  server: string;
  /** Namespace of objects without one. */
  namespace: string;
  tls: { ca?: string; cert?: string; key?: string; servername?: string; rejectUnauthorized?: boolean };
  token?: string;
}

/** The text of a kubeconfig, which is given as contents or as a path. */
function contentsOf(pathOrContents: string): string {
  const path = pathOrContents.startsWith("~/") ? join(homedir(), pathOrContents.slice(2)) : pathOrContents;
  const isFile =
    path.length < 4096 && !path.includes("\n") && statSync(path, { throwIfNoEntry: false })?.isFile();
  return isFile ? readFileSync(path, "utf8") : pathOrContents;
}

/** A kubeconfig, from its path or its text. @throws when it is neither */
export function parseKubeconfig(pathOrContents: string): PlainObject {
  const document = parse(contentsOf(pathOrContents)) as Plain;
  if (!isMap(document)) throw new Error("the kubeconfig is neither a file nor a YAML or JSON map");
  return document;
}

const named = (config: PlainObject, section: string, name: string): PlainObject | undefined =>
  list(config, section).find((entry) => text(entry, "name") === name);

/** The cluster of a kubeconfig's current context; undefined if there is none. */
export function activeCluster(config: PlainObject, overrides: Overrides): PlainObject | undefined {
  const context = named(config, "contexts", overrides.context || text(config, "current-context"));
  if (!context) return undefined;
  const cluster = named(config, "clusters", overrides.cluster || text(context, "context", "cluster"));
  const entry = at(cluster, "cluster");
  return isMap(entry) ? entry : undefined;
}

/** A credential, inline as base64 (`<name>-data`) or as a path (`<name>`). */
function material(entry: PlainObject, name: string): string | undefined {
  const inline = text(entry, `${name}-data`);
  if (inline) return Buffer.from(inline, "base64").toString();
  const path = text(entry, name);
  return path ? readFileSync(path, "utf8") : undefined;
}

const given = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== "")) as T;

/**
 * Address and credentials of the current context.
 *
 * @throws with the setting's name on credentials other than client certificates and bearer tokens
 */
export function connectionOf(config: PlainObject, overrides: Overrides = {}): Connection {
  const contextName = overrides.context || text(config, "current-context");
  const context = named(config, "contexts", contextName);
  if (!context) throw new Error(`the kubeconfig has no context "${contextName}"`);
  const cluster = activeCluster(config, overrides);
  const server = text(cluster, "server");
  if (!cluster || !server)
    throw new Error(`the kubeconfig's context "${contextName}" has no cluster with a server`);
  const userEntry = at(named(config, "users", text(context, "context", "user")), "user");
  const user = isMap(userEntry) ? userEntry : {};
  for (const way of ["exec", "auth-provider", "username", "password", "as", "impersonate"])
    if (user[way] !== undefined)
      throw new Error(`the lab's kubernetes plugin does not support "${way}" in the kubeconfig's users`);
  if (cluster["proxy-url"] !== undefined)
    throw new Error(`the lab's kubernetes plugin does not support "proxy-url" in the kubeconfig's clusters`);
  const token =
    text(user, "token") || (text(user, "tokenFile") && readFileSync(text(user, "tokenFile"), "utf8"));
  return given({
    server: server.replace(/\/$/, ""),
    namespace: overrides.namespace || text(context, "context", "namespace") || "default",
    tls: given({
      ca: material(cluster, "certificate-authority"),
      cert: material(user, "client-certificate"),
      key: material(user, "client-key"),
      servername: text(cluster, "tls-server-name") || undefined,
      rejectUnauthorized: at(cluster, "insecure-skip-tls-verify") === true ? false : undefined,
    }) as Connection["tls"],
    token: token ? token.trim() : undefined,
  }) as Connection;
}
