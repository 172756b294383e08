/**
 * Writes `operations.yaml` and `shapes.yaml` from Lambda's OpenAPI document:
 *
 *   LAMBDA_OPENAPI=<file> node tests/conformance/contract/main.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { Document, isCollection, visit } from "yaml";
import { files } from "./facts.ts";
import { reduce } from "./reduce.ts";

const made = "Made by tests/conformance/contract/main.ts; facts.ts says how to read it.";

/** On one line what fits there. */
function yaml(value: object): string {
  const document = new Document(value);
  document.commentBefore = ` ${made}`;
  visit(document, {
    Collection: (_, node) => {
      if (node !== document.contents && JSON.stringify(node).length < 105) node.flow = true;
      return isCollection(node) && node.flow ? visit.SKIP : undefined;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

const source = process.env.LAMBDA_OPENAPI;
if (!source) throw new Error("LAMBDA_OPENAPI is not set: it names the file with Lambda's OpenAPI document");
const { shapes, ...rest } = reduce(JSON.parse(readFileSync(source, "utf8")));
writeFileSync(files.operations, yaml(rest));
writeFileSync(files.shapes, yaml(shapes));
