import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";

/** Where Lambda's OpenAPI document lies: beside the repository, never in it. */
export const documentFile = fileURLToPath(
  new URL("../../../shared/facts/lambda-openapi.json", import.meta.url),
);

interface Content {
  content?: { "application/json"?: { schema: object } };
}
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: Content & { required?: boolean };
  responses: Record<string, Content>;
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: object;
}

/** One request and its answer, as they went over the wire. `path` is below `/api/v1`. */
export interface Exchange {
  method: string;
  path: string;
  query: Record<string, string>;
  requestBody?: unknown;
  status: number;
  contentType: string;
  responseText: string;
}

/** What clients that read later documents report, and live answers that no document has. */
const drift = {
  paths: new Set(["GET /filesystems"]),
  query: { listInstances: ["page_size", "page_token"] } as Record<string, string[]>,
  /** Statuses in no document: the wrong method, the rate limit, what the emulator does not have. */
  statuses: new Set([405, 429, 501]),
  envelope: { listInstances: ["page_token"] } as Record<string, string[]>,
};

/** Lambda's document as a judge of exchanges. */
export class Contract {
  readonly #document: OpenApi;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });

  constructor(text: string) {
    this.#document = JSON.parse(text);
    this.#ajv.addFormat(
      "date-time",
      (value: string) => /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)),
    );
    this.#ajv.addFormat("ipv4network", /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/);
    this.#ajv.addFormat("password", true);
    this.#ajv.addSchema({ components: this.#document.components }, "document");
  }

  static load(): Contract | undefined {
    return existsSync(documentFile) ? new Contract(readFileSync(documentFile, "utf8")) : undefined;
  }

  operations(): { id: string; method: string; path: string }[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => ({
        id: operationId,
        method: method.toUpperCase(),
        path: path.replace(/^\/api\/v1/, ""),
      })),
    );
  }

  #find(method: string, path: string): Operation | undefined {
    const parts = `/api/v1${path}`.split("/");
    const fits = (pattern: string[]) =>
      pattern.length === parts.length &&
      pattern.every((part, index) => part.startsWith("{") || part === parts[index]);
    const candidates = Object.entries(this.#document.paths)
      .filter(([pattern]) => fits(pattern.split("/")))
      // `/firewall-rulesets/global` before `/firewall-rulesets/{id}`.
      .sort(([left], [right]) => left.split("{").length - right.split("{").length);
    return candidates[0]?.[1][method.toLowerCase()];
  }

  /** Everything in the request that the document does not allow. */
  requestFaults({ method, path, query, requestBody }: Exchange): string[] {
    const operation = this.#find(method, path);
    if (!operation)
      return drift.paths.has(`${method} ${path}`) ? [] : [`${method} ${path} is not documented`];
    const known = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === "query")
      .map(({ name }) => name)
      .concat(drift.query[operation.operationId] ?? []);
    const faults = Object.keys(query)
      .filter((name) => !known.includes(name))
      .map((name) => `query ${name} is not documented`);
    const schema = operation.requestBody?.content?.["application/json"]?.schema;
    if (schema) faults.push(...this.#judge(schema, requestBody, "request body"));
    else if (requestBody !== undefined) faults.push("a body is not documented");
    return faults;
  }

  /** Everything in the answer that the document does not allow. */
  responseFaults({ method, path, status, contentType, responseText }: Exchange): string[] {
    if (status === 429)
      return responseText === "error code: 1015" ? [] : [`429 with ${JSON.stringify(responseText)}`];
    if (!contentType.startsWith("application/json")) return [`content type ${contentType}`];
    const body: unknown = JSON.parse(responseText);
    const operation = this.#find(method, path);
    if (drift.statuses.has(status) || !operation) return [];
    const schema = operation.responses[status]?.content?.["application/json"]?.schema;
    if (!schema) return [`status ${status} of ${operation.operationId} is not documented`];
    const known = drift.envelope[operation.operationId] ?? [];
    const envelope =
      typeof body === "object" && body !== null
        ? Object.fromEntries(Object.entries(body).filter(([name]) => !known.includes(name)))
        : body;
    return this.#judge(schema, envelope, `${status} of ${operation.operationId}`);
  }

  #judge(schema: object, value: unknown, where: string): string[] {
    // References in the document start at its root; here that root has a name.
    const anchored: object = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/'));
    const validate = this.#ajv.compile(anchored);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${where}${instancePath}: ${message ?? "not valid"}`,
    );
  }
}
