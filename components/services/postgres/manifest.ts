import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../core/errors.ts";
import { Unrecoverable, waitFor } from "../../core/wait.ts";

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  spec?: Record<string, unknown>;
  [further: string]: unknown;
}

/**
 * Objects of a manifest, refused as a whole when one is no Kubernetes object: YAML documents, or a `List` in JSON, which
 * takes a hundredth of the time to read.
 */
export function parseManifest(text: string, source: string): Manifest[] {
  return documentsOf(text, source).flatMap((value, index): Manifest[] => {
    if (value === null) return [];
    if (!isManifest(value)) {
      throw new Error(
        `${source}, document ${index + 1}: no apiVersion, kind and metadata.name; is it a manifest?`,
      );
    }
    return [value];
  });
}

function documentsOf(text: string, source: string): unknown[] {
  if (text.startsWith("{")) {
    try {
      const list = JSON.parse(text) as { kind?: unknown; items?: unknown[] };
      return list.kind === "List" && Array.isArray(list.items) ? list.items : [list];
    } catch (cause) {
      throw new Error(`${source}: ${messageOf(cause)}`, { cause });
    }
  }
  return parseAllDocuments(text).map((document, index): unknown => {
    const [fault] = document.errors;
    if (fault) throw new Error(`${source}, document ${index + 1}: ${fault.message}`);
    return document.toJS();
  });
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { apiVersion, kind, metadata } = value as Record<string, unknown>;
  return (
    typeof apiVersion === "string" &&
    typeof kind === "string" &&
    typeof metadata === "object" &&
    metadata !== null &&
    typeof (metadata as Record<string, unknown>).name === "string"
  );
}

/** Of what the databases are, as `kind name`. */
const definition = "CustomResourceDefinition clusters.postgresql.cnpg.io";

/**
 * Without it, an update deletes the operator's definitions, and Kubernetes with those every cluster of databases.
 * @throws when the manifest has no Deployment, or does not define what PostgreSQL is made of
 */
function demandOperator(objects: Manifest[], source: string): Manifest[] {
  const found = new Set(objects.flatMap(({ kind, metadata }) => [kind, `${kind} ${metadata.name}`]));
  const missing = ["Deployment", definition].filter((each) => !found.has(each));
  if (missing.length === 0) return objects;
  throw new Error(
    `${source} (postgres.operatorManifest) has ${objects.length} objects, but no ${missing.join(" and no ")}; ` +
      "is it CloudNativePG's release manifest, and complete?",
  );
}

async function answerOf(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  if (response.ok) return response.text();
  const refusal = new Error(`${response.status} ${response.statusText}`);
  throw response.status >= 500 || response.status === 429 ? refusal : new Unrecoverable(refusal);
}

/** @param patience seconds to go on asking a server that does not answer */
const textOf = (source: string, patience: number): Promise<string> =>
  /^https?:/.test(source)
    ? waitFor({ what: source, deadline: patience }, () => answerOf(source))
    : readFile(source, "utf8");

/**
 * Reads the operator's release manifest from `postgres.operatorManifest`, a URL or a file.
 * A preview without a network goes on with an empty list and says so; an update never does.
 * @param patience seconds to go on asking a server that does not answer. Default: 60, in a preview 0.
 * @throws when it cannot be read, or is not the operator's
 */
export async function loadManifest(
  source: string,
  patience = pulumi.runtime.isDryRun() ? 0 : 60,
): Promise<Manifest[]> {
  let text: string;
  try {
    text = await textOf(source, patience);
  } catch (cause) {
    const reason = messageOf(cause);
    const message = `cannot read the operator's manifest ${source} (postgres.operatorManifest): ${reason}`;
    if (!pulumi.runtime.isDryRun()) throw new Error(message, { cause });
    await pulumi.log.warn(`${message}; its objects are missing in this preview`);
    return [];
  }
  return demandOperator(parseManifest(text, source), source);
}
