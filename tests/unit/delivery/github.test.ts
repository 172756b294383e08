import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Plan } from "../../../delivery/comment/plan.ts";
import { markerOf } from "../../../delivery/comment/render.ts";
import { gitHub } from "../../../delivery/github/client.ts";
import { planFor, postComment, pullOf } from "../../../delivery/github/comment.ts";
import { changed, report } from "../../../delivery/github/issue.ts";

interface Row {
  id: number;
  number: number;
  title?: string;
  body?: string;
  state?: string;
  user?: { login: string };
  pull_request?: object;
  head?: { sha: string; repo?: { full_name: string } | null };
}
interface World {
  pulls: Row[];
  comments: Row[];
  issues: Row[];
}

const bot = { login: "github-actions[bot]" };
const text = async (request: IncomingMessage) => {
  let all = "";
  for await (const chunk of request) all += chunk;
  return all;
};

/** GitHub's REST API, as far as it is used: pages, creates, changes. */
async function fakeGitHub(world: Partial<World>) {
  const rows: World = { pulls: [], comments: [], issues: [], ...world };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "", "http://github.test");
    const path = url.pathname.replace("/repos/acme/infra", "");
    if (request.headers.authorization !== "Bearer made-up-for-a-test") {
      response.writeHead(401).end('{"message":"Bad credentials"}');
      return;
    }
    const body = request.method === "GET" ? {} : (JSON.parse(await text(request)) as Partial<Row>);
    const page = (all: Row[]) => {
      const size = Number(url.searchParams.get("per_page"));
      const from = (Number(url.searchParams.get("page")) - 1) * size;
      return JSON.stringify(all.slice(from, from + size));
    };
    const create = (all: Row[]) => {
      all.push({ id: 1000 + all.length, number: 1000 + all.length, user: bot, state: "open", ...body });
      return "{}";
    };
    const change = (all: Row[], id: string | undefined) => {
      Object.assign(all.find((row) => row.id === Number(id)) ?? {}, body);
      return "{}";
    };
    const last = path.split("/").at(-1);
    const answer = {
      "GET /pulls": () => page(rows.pulls),
      "GET /issues/7/comments": () => page(rows.comments),
      "POST /issues/7/comments": () => create(rows.comments),
      [`PATCH /issues/comments/${last}`]: () => change(rows.comments, last),
      "GET /issues": () => page(rows.issues.filter(({ state }) => state === "open")),
      "POST /issues": () => create(rows.issues),
      [`PATCH /issues/${last}`]: () => change(rows.issues, last),
      [`POST /issues/${path.split("/")[2]}/comments`]: () => create(rows.comments),
    }[`${request.method} ${path}`];
    response.writeHead(answer ? 200 : 404).end(answer?.() ?? '{"message":"Not Found"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const as = (token: string) =>
    gitHub({
      GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      GITHUB_REPOSITORY: "acme/infra",
      GITHUB_TOKEN: token,
    });
  return { api: as("made-up-for-a-test"), as, rows };
}

const plan: Plan = {
  stack: "dev",
  offline: true,
  succeeded: true,
  changes: [],
  unchanged: 3,
  effects: [],
  policies: { packs: [], passed: 0, verdicts: [] },
  cost: { items: [], before: 0, after: 0, budget: null },
  messages: [],
};
const many = (count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    id: index,
    number: index,
    body: "hello",
    user: { login: "a" },
  }));

describe("C1 where the comment goes", () => {
  test("a plan of another stack than the job's is not written, whatever it calls itself", () => {
    const prod = { ...plan, stack: "prod" };
    expect(planFor({ stack: "prod", offline: false }, prod)).toEqual(prod);
    expect(() => planFor({ stack: "dev", offline: false }, prod)).toThrow(
      "the plan for stack dev names stack prod",
    );
  });

  const sha = "a".repeat(40);
  const head = { sha, owner: "somebody", branch: "fix & more" };

  test("to the open pull request whose newest commit was previewed", async () => {
    const { api } = await fakeGitHub({
      pulls: [
        { id: 1, number: 1, head: { sha: "b".repeat(40) } },
        { id: 2, number: 7, head: { sha, repo: { full_name: "acme/infra" } }, user: { login: "a" } },
      ],
    });
    expect(await pullOf(api, head)).toEqual({ number: 7, foreign: false });
  });

  test.each([
    ["another repository", { full_name: "somebody/infra" }, "somebody"],
    ["a fork that was deleted", null, "somebody"],
    ["Dependabot", { full_name: "acme/infra" }, "dependabot[bot]"],
  ])("from %s is foreign, whatever its plan says of itself", async (_from, repo, login) => {
    const { api } = await fakeGitHub({ pulls: [{ id: 1, number: 7, head: { sha, repo }, user: { login } }] });
    expect(await pullOf(api, head)).toEqual({ number: 7, foreign: true });
  });

  test("nowhere when it has moved on, and not to what is no commit", async () => {
    const { api } = await fakeGitHub({ pulls: [{ id: 1, number: 7, head: { sha: "b".repeat(40) } }] });
    expect(await pullOf(api, head)).toBeUndefined();
    await expect(pullOf(api, { ...head, sha: "main" })).rejects.toThrow("is not a commit id");
  });
});

describe("C1 one comment a stack", () => {
  test("is made once, and then replaced, however many others there are", async () => {
    const { api, rows } = await fakeGitHub({ comments: many(150) });
    expect(await postComment(api, 7, plan)).toBe("created");
    expect(await postComment(api, 7, { ...plan, unchanged: 4 })).toBe("updated");
    expect(await postComment(api, 7, { ...plan, stack: "prod" })).toBe("created");
    const ours = rows.comments.filter(({ body }) => body?.startsWith("<!--"));
    expect(ours.map(({ body }) => body?.split("\n")[0])).toEqual([markerOf("dev"), markerOf("prod")]);
    expect(ours[0]?.body).toContain("4 unchanged");
  });

  test("of somebody else that looks like ours is left alone", async () => {
    const other = { id: 5, number: 5, body: `${markerOf("dev")}\nmine`, user: { login: "mallory" } };
    const { api, rows } = await fakeGitHub({ comments: [other] });
    expect(await postComment(api, 7, plan)).toBe("created");
    expect(rows.comments[0]?.body).toContain("mine");
  });
});

describe("C1 who planned", () => {
  const claimed: Plan = { ...plan, offline: false };

  test("a fork's plan that claims to be against the running stack is shown as planned offline", async () => {
    const { api, rows } = await fakeGitHub({});
    await postComment(api, 7, planFor({ stack: "dev", offline: true }, claimed));
    expect(rows.comments[0]?.body).toContain("Planned offline");
    expect(rows.comments[0]?.body).toContain("by the pull request's own code");
  });

  test("a branch's plan is shown as that of its own code, too", async () => {
    const { api, rows } = await fakeGitHub({});
    await postComment(api, 7, planFor({ stack: "dev", offline: false }, claimed));
    expect(rows.comments[0]?.body).not.toContain("Planned offline");
    expect(rows.comments[0]?.body).toContain("by the pull request's own code");
  });
});

describe("C1 one issue a finding", () => {
  const title = "drift of stack prod";

  test("is opened, kept up to date, closed when all is well, and opened anew", async () => {
    const { api, rows } = await fakeGitHub({});
    expect(await report(api, { title, body: "" })).toBe("nothing");
    expect(await report(api, { title, body: "one" })).toBe("opened");
    expect(await report(api, { title, body: "one" })).toBe("unchanged");
    expect(rows.comments).toEqual([]);
    expect(await report(api, { title, body: "one\ntwo" })).toBe("updated");
    // Nobody is told of a changed body.
    expect(rows.comments.map(({ body }) => body)).toEqual(["New in the finding:\n\n    two"]);
    expect(await report(api, { title, body: "two" })).toBe("updated");
    expect(rows.comments.at(-1)?.body).toContain("nothing was added");
    expect(await report(api, { title, body: " \n" })).toBe("closed");
    expect(rows.issues).toEqual([expect.objectContaining({ title, body: "two", state: "closed" })]);
    expect(await report(api, { title, body: "three" })).toBe("opened");
    expect(rows.issues).toHaveLength(2);
  });

  test("that grows by much is told in short", () => {
    const lines = Array.from({ length: 30 }, (_, index) => `| ${index} |`);
    const comment = changed("| 0 |", lines.join("\n"));
    expect(comment).toContain("    | 1 |\n    | 2 |");
    expect(comment).toMatch(/\| 20 \|\n {4}… 9 more lines, see above$/);
  });

  test("is not one of a person, nor a pull request, of the same name", async () => {
    const { api, rows } = await fakeGitHub({
      issues: [
        { id: 1, number: 1, title, body: "", state: "open", user: { login: "a" } },
        { id: 2, number: 2, title, body: "", state: "open", user: bot, pull_request: {} },
      ],
    });
    expect(await report(api, { title, body: "one" })).toBe("opened");
    expect(rows.issues.map(({ body }) => body)).toEqual(["", "", "one"]);
  });

  test("too long for GitHub is cut", async () => {
    const { api, rows } = await fakeGitHub({});
    await report(api, { title, body: "x".repeat(70_000) });
    expect(rows.issues[0]?.body).toMatch(/… 5000 more characters$/);
  });
});

test("a refusal names what was asked and what came back, and not the token", async () => {
  const { as } = await fakeGitHub({});
  const refused = report(as("wrong-one"), { title: "t", body: "b" });
  await expect(refused).rejects.toThrow(/GET http.*issues.* with 401: .*Bad credentials/);
  await expect(refused).rejects.not.toThrow("wrong-one");
  expect(() => gitHub({ GITHUB_REPOSITORY: "acme/infra" })).toThrow("GITHUB_TOKEN is not set");
  expect(() => gitHub({ GITHUB_REPOSITORY: "../x", GITHUB_TOKEN: "t" })).toThrow("GITHUB_REPOSITORY must be");
});
