import { z } from "zod";
import { faultsOf, type HttpClient } from "../../../components/core/http/client.ts";
import { ServerFault } from "../../../components/core/http/errors.ts";
import type { Retry } from "../../../components/core/http/retry.ts";
import { estuary, Refused, Unauthorized, UnknownField } from "./errors.ts";
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
  readonly #http: HttpClient;
  readonly #url: string;
  readonly #headers: Record<string, string>;
  constructor(http: HttpClient, url: string, headers: Record<string, string>) {
    this.#http = http;
    this.#url = url;
    this.#headers = headers;
  }

  query = <T>(operation: Operation<T>, variables: Variables): Promise<T> =>
    this.mutate(operation, variables, "safe");

  mutate = async <T>(operation: Operation<T>, variables: Variables, retry: Retry): Promise<T> => {
    const reply = await this.#http.call({
      name: operation.name,
      method: "POST",
      url: this.#url,
      headers: this.#headers,
      body: { operationName: operation.name, query: operation.text, variables },
      schema: answer,
      retry,
    });
    return decode(operation, reply);
  };

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

function decode<T>(
  { name: call, data: schema }: Operation<T>,
  { data, errors = [] }: z.infer<typeof answer>,
): T {
  if (errors.length > 0) {
    const message = errors.map((error) => error.message).join("; ");
    if (/unknown (field|argument)|cannot query field/i.test(message))
      throw new UnknownField({ call, message });
    if (/unauthenticated|not authorized|unauthorized|permission/i.test(message))
      throw new Unauthorized({ call, message });
    throw new Refused({ call, message });
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  throw new ServerFault(estuary, { call, message: `reply is not as documented: ${faultsOf(result.error)}` });
}
