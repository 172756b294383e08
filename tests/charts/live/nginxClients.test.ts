import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { type Answer, type Door, openDoor } from "./door.ts";

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door?.close());

describe("Nginx with the rendered configuration: clients", () => {
  test("M3 S1 lets clients in by their token only, keeps it, and passes on whose it is", async () => {
    const seen = (authorization?: string, path = "/known") =>
      door.ask(path, {
        "user-agent": "tool/1",
        ...(authorization !== undefined && { authorization }),
      });
    for (const wrong of [
      undefined,
      "",
      door.token,
      "Bearer",
      `Bearer ${door.token}x`,
      `Basic ${door.token}`,
    ]) {
      const refused = await seen(wrong);
      expect([wrong, refused.status]).toEqual([wrong, 401]);
      expect(refused.headers["www-authenticate"]).toBe('Bearer realm="sophia"');
      expect(refused.body).toContain("unauthorized");
    }
    const { headers } = JSON.parse((await seen(`Bearer ${door.token}`)).body) as {
      headers: IncomingHttpHeaders;
    };
    expect(headers["user-agent"]).toBe("cursor; tool/1");
    expect(headers).not.toHaveProperty("authorization");
    expect((await seen(`Bearer ${door.token}`, "/known/more")).status).toBe(404);
    await waitFor({ what: "the line of the client's call", deadline: 120, interval: 0.05 }, async () => {
      return door.log().includes('"caller":"cursor"') || notYet("not there");
    });
    expect(door.log()).not.toContain(door.token);
  });

  test("M3 S1 serves a document itself, to clients alone", async () => {
    const seen = (authorization: string, path = "/known.json") => door.ask(path, { authorization });
    const { status, headers, body } = await seen(`Bearer ${door.token}`);
    expect([status, headers["content-type"], body]).toEqual([200, "application/json", '{"servers":[]}']);
    expect((await seen("Bearer x")).status).toBe(401);
    expect((await seen(`Bearer ${door.token}`, "/known.json/more")).status).toBe(404);
  });

  test("M3 a route that asks for no client passes its credentials on", async () => {
    const answer = await door.ask("/api/x", {
      authorization: `Bearer ${door.token}`,
      "user-agent": "tool/1",
    });
    const { headers } = JSON.parse(answer.body) as { headers: IncomingHttpHeaders };
    expect([headers.authorization, headers["user-agent"]]).toEqual([`Bearer ${door.token}`, "tool/1"]);
  });

  test("N1 tells a service who calls, whatever the client claims", async () => {
    const answer = await door.ask("/api", {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "http",
    });
    const { headers } = JSON.parse(answer.body) as { headers: Record<string, string> };
    expect(headers).toMatchObject({
      host: "sophia.test",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "https",
      "x-request-id": answer.headers["x-request-id"],
    });
  });

  test("N1 sets security headers on every answer, errors included, and hides what runs", async () => {
    for (const path of ["/api", "/nothing", "/down"]) {
      const { headers } = await door.ask(path);
      expect(headers).toMatchObject({
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "content-security-policy": "frame-ancestors 'none'",
        server: "nginx",
      });
    }
  });

  test("refuses a name that is not ours", async () => {
    expect((await door.ask("/api", { host: "evil.test" })).status).toBe(421);
    expect((await door.plain("/api", { host: "evil.test" })).status).toBe(421);
  });

  test("M3 N1 logs a stranger's request by the path that was asked for", async () => {
    const { headers } = await door.ask("/known?token=query-secret", { authorization: "Bearer guess" });
    await waitFor({ what: "the stranger's line", deadline: 120, interval: 0.05 }, async () => {
      const id = String(headers["x-request-id"]);
      const line = door
        .log()
        .split("\n")
        .find((each) => each.includes(id));
      return (line?.includes('"path":"/known"') && line.includes('"caller":""')) || notYet("not there");
    });
    expect(door.log()).not.toContain("query-secret");
  });

  test("S1 writes its log as JSON, without tokens of headers or queries", async () => {
    const path = "/nothing?token=query-secret";
    const { headers } = await door.ask(path, { authorization: "Bearer header-secret" });
    const line = await waitFor({ what: "the log line", deadline: 120, interval: 0.05 }, async () => {
      const found = door
        .log()
        .split("\n")
        .find((each) => each.includes(String(headers["x-request-id"])));
      if (!found) throw new Error("not there yet");
      return JSON.parse(found) as Record<string, string>;
    });
    expect(line).toMatchObject({ path: "/nothing", status: "404", method: "GET", client: "127.0.0.1" });
    expect(door.log()).not.toMatch(/query-secret|header-secret/);
  });

  test("W3 finishes what is under way when it is told to quit, and writes it down", async () => {
    const held = door.ask("/kept/hold", { authorization: `Bearer ${door.token}` });
    await waitFor({ what: "the request to arrive", deadline: 120, interval: 0.05 }, async () => {
      if (!door.holding()) throw new Error("not there yet");
      return true;
    });
    const ended = once(door.process, "exit");
    door.signal("SIGQUIT");
    await waitFor({ what: "the door to close", deadline: 120, interval: 0.05 }, () =>
      door.ask("/api").then(
        () => {
          throw new Error("still open");
        },
        () => true,
      ),
    );
    door.release();
    expect((await held).body).toBe("held");
    await ended;
    expect(door.log()).toContain('"path":"/kept/hold"');
  });
});

/*
 * A server of its own for each, which no other test has asked anything. One request a second is so few that what is let
 * through, however slow the machine is, is not taken for no limit.
 */
describe("Nginx with the rendered configuration: limits", () => {
  const burst = 10;
  const limited = async () => {
    const own = await openDoor({ perSecond: 1, burst });
    onTestFinished(() => own.close());
    return own;
  };
  const many = (ask: (at: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length: 100 }, (_, at) => ask(at)));

  test("N1 limits each client and says when to try again", async () => {
    const own = await limited();
    const answers = Object.groupBy(await many(() => own.ask("/api")), ({ status }) => status);
    expect(Object.keys(answers)).toEqual(["200", "429"]);
    expect(answers[200]?.length).toBeGreaterThan(burst);
    expect(answers[429]?.length).toBeGreaterThan(20);
    expect(answers[429]?.[0]?.headers["retry-after"]).toBe("1");
  });

  test("N1 limits who names a host that is not ours", async () => {
    const own = await limited();
    const answers = Object.groupBy(
      await many(() => own.ask("/api", { host: "evil.test" })),
      ({ status }) => status,
    );
    expect(Object.keys(answers)).toEqual(["421", "429"]);
    expect(answers[429]?.length).toBeGreaterThan(20);
  });

  test("M3 N1 limits who guesses tokens, and leaves known clients alone", async () => {
    const own = await limited();
    const guesses = many((at) => own.ask("/known", { authorization: `Bearer ${at}` }));
    const known = own.ask("/known", { authorization: `Bearer ${own.token}` });
    const refused = Object.groupBy(await guesses, ({ status }) => status);
    expect(Object.keys(refused)).toEqual(["401", "429"]);
    expect(refused[401]?.length).toBeGreaterThan(burst);
    expect(refused[429]?.length).toBeGreaterThan(20);
    expect(refused[429]?.[0]?.headers["retry-after"]).toBe("1");
    expect((await known).status).toBe(200);
  });

  test("N1 M3 a known client has a limit of its own, beyond that of its address", async () => {
    const own = await limited();
    const answers = await many(() => own.ask("/known", { authorization: `Bearer ${own.token}` }));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
