import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import {
  aclFile,
  aclLine,
  keysWithout,
  type RedisLoginName,
  redisLogin,
  redisLoginNames,
} from "../../../components/services/redis/logins.ts";
import { environmentSchema } from "../../../components/settings/environment/variables/index.ts";

const passwords = Object.fromEntries(redisLoginNames.map((login) => [login, `of ${login}`])) as Record<
  RedisLoginName,
  string
>;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("S1 a login's line begins with nothing, and has a digest in the place of its password", () => {
  const login = { name: "one", purpose: "", keys: ["a:*", "b"], commands: ["get", "select|1"] };
  expect(aclLine({ ...login, writes: true }, "pass")).toBe(
    `user one reset on #${sha256("pass")} ~a:* ~b +get +select|1`,
  );
  expect(aclLine({ ...login, writes: false }, "pass")).toContain(" %R~a:* %R~b ");
});

test("S2 a client's password of before opens beside the one in use, and nobody else's does", () => {
  const lines = aclFile(passwords, false, { default: "before" }).split("\n");
  expect(lines[0]).toContain(`user default reset on #${sha256(passwords.default)} #${sha256("before")} `);
  for (const line of lines.slice(1, -1)) expect(line.match(/#/g)).toHaveLength(1);
});

test("S1 Redis's ACL file has every login, and no password", () => {
  const lines = aclFile(passwords, false).split("\n");
  expect(lines.at(-1)).toBe("");
  // Redis would allow `default` everything without a password if it were missing.
  expect(lines.slice(0, -1).map((line) => line.split(" ")[1])).toEqual([
    "default",
    "mcp",
    "admin",
    "replica",
    "backup",
    "probe",
  ]);
  for (const login of redisLoginNames) {
    expect(lines.join("\n")).toContain(`user ${login} reset on #${sha256(passwords[login])}`);
    expect(lines.join("\n")).not.toContain(passwords[login]);
  }
});

test("S1 only administrators may do what is not listed by name", () => {
  const broad = redisLoginNames.filter((login) =>
    redisLogin(login, true).commands.some((command) => command.startsWith("@")),
  );
  expect(broad).toEqual(["admin"]);
});

test("S1 the MCP server's login writes only where its tools may", () => {
  const line = (mcpWrites: boolean) => aclFile(passwords, mcpWrites).split("\n")[1] ?? "";
  expect(line(false)).not.toMatch(/ ~|\+(set|unlink)\b/);
  expect(line(true)).toMatch(/ ~.* \+set \+unlink$/);
  expect(redisLogin("probe", true)).toEqual(redisLogin("probe"));
});

test("S1 the patterns for all but a prefix leave no other name out", () => {
  expect(keysWithout("ab:")).toEqual(["[^a]*", "a", "a[^b]*", "ab", "ab[^:]*"]);
});

test("M1 the MCP server takes its own login unless it is told another", () => {
  const given = { SOPHIA_REDIS_URL: "redis://redis:6379" };
  expect(redisLoginNames).toContain(environmentSchema("mcp/redis").parse(given).SOPHIA_REDIS_USER);
});
