import { Ajv, type ValidateFunction } from "ajv";
import type { Document } from "./document.ts";
import type { Schema } from "./schema.ts";

/** A document that does not fit its collection. Estuary stops the capture over one, and so does the lab's plane. */
export class Unfit extends Error {
  constructor(collection: string, key: string, why: string) {
    super(
      `document ${key} does not fit the schema of ${collection}: ${why}. Mend it at its source, or widen the schema`,
    );
    this.name = "Unfit";
  }
}

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });

/** Throws `Unfit` for a document that does not fit. Formats are not judged, as in Estuary. */
export function checker(
  collection: string,
  schema: Schema,
  key: readonly string[],
): (document: Document) => void {
  const { $id: _, $schema: __, ...rest } = schema;
  const required = Array.isArray(rest.required) ? rest.required : [];
  const top = key.map((pointer) => pointer.split("/")[1] ?? "");
  const validate: ValidateFunction = ajv.compile({
    ...rest,
    required: [...new Set([...required, ...top])],
  });
  return (document) => {
    if (validate(document)) return;
    const [first] = validate.errors ?? [];
    const values = top.map((name) => String(document[name])).join(", ");
    throw new Unfit(collection, values, `${first?.instancePath || "it"} ${first?.message}`);
  };
}
