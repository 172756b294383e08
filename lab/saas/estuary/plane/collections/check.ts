import { Ajv, type ValidateFunction } from "ajv";
import type { Document } from "./document.ts";
import type { Schema } from "./schema.ts";

/** A document that does not fit its collection. Estuary stops the capture over one, and quotes it, as this does. */
class Unfit extends Error {
  constructor(collection: string, document: Document, why: string) {
    super(
      `captured collection ${collection} document failed validation against its collection JSON Schema ` +
        `Caused by: detail: ${JSON.stringify(why)} document: ${JSON.stringify(document)}`,
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
    throw new Unfit(collection, document, `${first?.instancePath || "it"} ${first?.message}`);
  };
}
