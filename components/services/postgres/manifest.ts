import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../core/errors.ts";

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

async function textOf(source: string): Promise<string> {
  if (!/^https?:/.test(source)) return readFile(source, "utf8");
  const response = await fetch(source, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.text();
}

/**
 * Reads the operator's release manifest from `postgres.operatorManifest`, a URL or a file.
 * A preview without a network goes on with an empty list and says so; an update never does.
 */
export async function loadManifest(source: string): Promise<Manifest[]> {
  let text: string;
  try {
    text = await textOf(source);
  } catch (cause) {
    const reason = messageOf(cause);
    const message = `cannot read the operator's manifest ${source} (postgres.operatorManifest): ${reason}`;
    if (!pulumi.runtime.isDryRun()) throw new Error(message, { cause });
    await pulumi.log.warn(`${message}; its objects are missing in this preview`);
    return [];
  }
  return parseManifest(text, source);
}
