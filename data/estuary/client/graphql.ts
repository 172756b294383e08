import { z } from "zod";
import { Refused, Unauthorized, UnknownField } from "./errors.ts";
import { type Http, json, type Retry } from "./http.ts";
import type { Operation } from "./operations.ts";

const answer = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

interface Page<Node> {
  edges: { node: Node }[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | undefined };
}
type Variables = Record<string, unknown>;

/** GraphQL over HTTP: an answer with errors is a failure, whatever its status. */
export class GraphQl {
  readonly #http: Http;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  constructor(http: Http, url: string, headers: Record<string, string>) {
    this.#http = http;
    this.#url = url;
    this.#headers = headers;
  }

  query = <T>(operation: Operation<T>, variables: Variables): Promise<T> =>
    this.mutate(operation, variables, "safe");

  mutate = <T>(operation: Operation<T>, variables: Variables, retry: Retry): Promise<T> =>
    this.#http.call({
      name: operation.name,
      method: "POST",
      url: this.#url,
      headers: this.#headers,
      body: { operationName: operation.name, query: operation.text, variables },
      decode: (text) => decode(operation, text),
      retry,
    });

  /** Every node of a list that comes in pages. */
  pages = async <T, Node>(
    operation: Operation<T>,
    variables: Variables,
    page: (data: T) => Page<Node> | undefined,
  ): Promise<Node[]> => {
    const nodes: Node[] = [];
    let after: string | undefined;
    for (;;) {
      const found = page(await this.query(operation, { ...variables, after: after ?? null }));
      if (found === undefined) return nodes;
      nodes.push(...found.edges.map(({ node }) => node));
      if (!found.pageInfo.hasNextPage || found.pageInfo.endCursor === undefined) return nodes;
      after = found.pageInfo.endCursor;
    }
  };
}

function decode<T>({ name, data }: Operation<T>, text: string): T {
  const { errors, ...rest } = json(name, answer)(text);
  if (errors !== undefined && errors.length > 0) {
    const message = errors.map((error) => error.message).join("; ");
    if (/unknown (field|argument)|cannot query field/i.test(message))
      throw new UnknownField({ call: name, message });
    if (/unauthenticated|not authorized|unauthorized|permission/i.test(message))
      throw new Unauthorized({ call: name, message });
    throw new Refused({ call: name, message });
  }
  return json(name, data)(JSON.stringify(rest.data));
}
