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

/** Documents of a manifest, refused as a whole when one is no Kubernetes object. */
export function parseManifest(text: string, source: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document, index): Manifest[] => {
    const [fault] = document.errors;
    if (fault) throw new Error(`${source}, document ${index + 1}: ${fault.message}`);
    const value: unknown = document.toJS();
    if (value === null) return [];
    if (!isManifest(value)) {
      throw new Error(
        `${source}, document ${index + 1}: no apiVersion, kind and metadata.name; is it a manifest?`,
      );
    }
    return [value];
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
