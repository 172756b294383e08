import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { committedFacts, type Facts, type Operation } from "./facts.ts";
import { answerSchema, definitions, refusalSchema, schemaOf, strictly } from "./schema.ts";

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
  /** Fields of live answers and later documents. */
  fields: {
    Instance: ["is_reserved", "workspace_id", "first_healthy"],
    InstanceType: ["architecture"],
  } as Record<string, string[]>,
};

/** The facts with more fields, each optional. */
const withFields = (facts: Facts, fields: Record<string, string[]>): Facts => {
  const more = Object.entries(fields).map(([name, names]) => {
    const shape = facts.shapes[name];
    if (typeof shape !== "object") throw new Error(`the document has no object ${name}`);
    return [name, { ...shape, ...Object.fromEntries(names.map((field) => [`${field}?`, anyType])) }];
  });
  return { ...facts, shapes: { ...facts.shapes, ...Object.fromEntries(more) } };
};
const anyType = "string | boolean | integer | null";

/** What Lambda's document says, as a judge of exchanges. */
export class Contract {
  readonly #facts: Facts;
  readonly #exactly: <Schema>(schema: Schema) => Schema;
  readonly #definitions: Record<string, object>;
  readonly #judges = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });

  /**
   * @param strict also refuses fields that the document does not name, at any depth: neither our client nor the emulator
   * may invent one. Lambda itself may add some.
   */
  constructor(facts: Facts = committedFacts(), { strict = false } = {}) {
    this.#facts = facts;
    this.#exactly = strict ? strictly : (schema) => schema;
    this.#definitions = this.#exactly(definitions(withFields(facts, drift.fields)));
    this.#ajv.addFormat(
      "time",
      (value: string) => /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)),
    );
    this.#ajv.addFormat("network", /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/);
  }

  operations(): { id: string; method: string; path: string }[] {
    return Object.entries(this.#facts.operations).map(([name, { id }]) => {
      const [method = "", path = ""] = name.split(" ");
      return { id, method, path };
    });
  }

  #find(method: string, path: string): Operation | undefined {
    const parts = path.split("/");
    const fits = (pattern: string[]) =>
      pattern.length === parts.length &&
      pattern.every((part, index) => part.startsWith("{") || part === parts[index]);
    const [first] = this.operations()
      .filter((operation) => operation.method === method && fits(operation.path.split("/")))
      // `/firewall-rulesets/global` before `/firewall-rulesets/{id}`.
      .sort((left, right) => left.path.split("{").length - right.path.split("{").length);
    return first && this.#facts.operations[`${first.method} ${first.path}`];
  }

  /** Everything in the request that the document does not allow. */
  requestFaults({
    method,
    path,
    query,
    requestBody,
  }: Omit<Exchange, "status" | "contentType" | "responseText">): string[] {
    const operation = this.#find(method, path);
    if (!operation)
      return drift.paths.has(`${method} ${path}`) ? [] : [`${method} ${path} is not documented`];
    const known = [...(operation.query ?? []), ...(drift.query[operation.id] ?? [])];
    const faults = Object.keys(query)
      .filter((name) => !known.includes(name))
      .map((name) => `query ${name} is not documented`);
    if (operation.body) faults.push(...this.#judge(schemaOf(operation.body), requestBody, "request body"));
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
    const answer = operation.answers[status];
    const codes = { ...this.#facts.usual, ...operation.refusals }[status] ?? [];
    if (answer === undefined && codes.length === 0)
      return [`status ${status} of ${operation.id} is not documented`];
    const known = drift.envelope[operation.id] ?? [];
    const envelope =
      typeof body === "object" && body !== null
        ? Object.fromEntries(Object.entries(body).filter(([name]) => !known.includes(name)))
        : body;
    const schema = answer === undefined ? refusalSchema(codes) : answerSchema(answer);
    return this.#judge(schema, envelope, `${status} of ${operation.id}`);
  }

  #judge(schema: object, value: unknown, where: string): string[] {
    const text = JSON.stringify(schema);
    const validate =
      this.#judges.get(text) ?? this.#ajv.compile({ ...this.#exactly(schema), $defs: this.#definitions });
    this.#judges.set(text, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${where}${instancePath}: ${message ?? "not valid"}`,
    );
  }
}
