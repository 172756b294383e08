import type { z } from "zod";
import type { Backend } from "../backend/backend.ts";
import { parse } from "./requests.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** A request as a handler sees it, before its shape was checked. */
interface RawCall {
  backend: Backend;
  /** The `{id}` of the path, empty where it has none. */
  id: string;
  query: Record<string, string>;
  body: unknown;
}

/** One operation of the API. `operation` is its operationId in Lambda's document, where it is there. */
export interface Route {
  method: Method;
  /** Below `/api/v1`, with `{id}` as the only parameter. */
  path: string;
  operation: string;
  answer(call: RawCall): object;
}

interface Declaration<Query extends z.ZodType, Body extends z.ZodType> {
  query: Query;
  body: Body;
  /** Returns the whole envelope, usually `data(…)`. */
  answer(call: { backend: Backend; id: string; query: z.infer<Query>; body: z.infer<Body> }): object;
}

/** Declares a route whose handler only runs with a query and a body of the declared shape. */
export function route<Query extends z.ZodType, Body extends z.ZodType>(
  method: Method,
  path: string,
  operation: string,
  declaration: Declaration<Query, Body>,
): Route {
  return {
    method,
    path,
    operation,
    answer: ({ backend, id, query, body }) =>
      declaration.answer({
        backend,
        id,
        query: parse(declaration.query, query),
        body: parse(declaration.body, body ?? {}),
      }),
  };
}

/** The envelope of every answer. */
export const data = (payload: unknown) => ({ data: payload });

export type Match =
  | { found: "route"; route: Route; id: string }
  | { found: "path"; allowed: Method[] }
  | { found: "nothing" };

/** Finds the route of a request; literal paths come before those with a parameter. */
export function match(routes: readonly Route[], method: string, path: string): Match {
  const allowed: Method[] = [];
  for (const candidate of routes) {
    const id = idIn(candidate.path, path);
    if (id === undefined) continue;
    if (candidate.method === method) return { found: "route", route: candidate, id };
    allowed.push(candidate.method);
  }
  return allowed.length > 0 ? { found: "path", allowed } : { found: "nothing" };
}

function idIn(pattern: string, path: string): string | undefined {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return undefined;
  let id = "";
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? "";
    if (part.startsWith("{") && actual !== "") id ||= decodeURIComponent(actual);
    else if (part !== actual) return undefined;
  }
  return id;
}
