import { z } from "zod";

/** GitHub's REST API for one repository. */
export interface GitHub {
  /** `<owner>/<name>`. */
  repository: string;
  /** @param path below `/repos/<owner>/<name>`, e.g. `/issues?state=open` */
  get<T>(path: string, schema: z.ZodType<T>): Promise<T>;
  send(method: "POST" | "PATCH", path: string, body: unknown): Promise<void>;
}

/** GitHub answered with an error. */
class GitHubError extends Error {
  readonly status: number;
  constructor(method: string, url: string, status: number, body: string) {
    super(`GitHub answered ${method} ${url} with ${status}: ${body.slice(0, 300)}`);
    this.name = "GitHubError";
    this.status = status;
  }
}

/**
 * @param environment as GitHub Actions sets it: `GITHUB_REPOSITORY`, `GITHUB_API_URL`, and `GITHUB_TOKEN` from the workflow
 * @throws when one of them is missing
 */
export function gitHub(environment: Record<string, string | undefined> = process.env): GitHub {
  const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = environment;
  const api = environment.GITHUB_API_URL || "https://api.github.com";
  if (!repository || !/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/.test(repository))
    throw new Error("GITHUB_REPOSITORY must be <owner>/<name>");
  if (!token) throw new Error("GITHUB_TOKEN is not set; pass the job's token to the step");
  const call = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const url = `${api}/repos/${repository}${path}`;
    const response = await fetch(url, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "x-github-api-version": "2022-11-28",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new GitHubError(method, url, response.status, await response.text());
    return response;
  };
  return {
    repository,
    get: async (path, schema) => schema.parse(await (await call("GET", path)).json()),
    send: async (method, path, body) => {
      await (await call(method, path, body)).text();
    },
  };
}

/** Largest page that GitHub returns. */
const pageSize = 100;
/** More pages than any pull request has comments. */
const mostPages = 30;

/** The first row that matches, page by page. */
export async function find<T>(
  api: GitHub,
  path: string,
  row: z.ZodType<T>,
  matches: (row: T) => boolean,
): Promise<T | undefined> {
  const separator = path.includes("?") ? "&" : "?";
  for (let page = 1; page <= mostPages; page += 1) {
    const rows = await api.get(`${path}${separator}per_page=${pageSize}&page=${page}`, z.array(row));
    const found = rows.find(matches);
    if (found !== undefined || rows.length < pageSize) return found;
  }
  return undefined;
}
