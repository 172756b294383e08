import { expect, test } from "vitest";
import * as http from "../../../components/core/http/errors.ts";
import { redact } from "../../../components/core/http/redact.ts";
import * as errors from "../../../lambda/client/errors.ts";
import { redactJupyter } from "../../../lambda/client/redact.ts";

const call = "POST /x";
const of = (status: number, code: string | undefined, message = "m") =>
  errors.errorFor({ call, status, message, ...(code !== undefined && { code }) });

test.each([
  [401, "global/invalid-api-key", errors.InvalidApiKey],
  [403, "global/account-inactive", errors.AccountRefused],
  [403, "global/invalid-address", errors.AccountRefused],
  [403, "global/forbidden", errors.AccountRefused],
  [400, "global/invalid-parameters", errors.InvalidRequest],
  [404, "global/object-does-not-exist", errors.NotFound],
  [400, "global/object-does-not-exist", errors.NotFound],
  [404, "global/not-found", errors.NotFound],
  [400, "global/duplicate", errors.Duplicate],
  [400, "global/quota-exceeded", errors.QuotaExceeded],
  [409, "global/conflict", errors.Conflict],
  [409, "global/internal-error", errors.Conflict],
  [400, "instance-operations/launch/insufficient-capacity", errors.InsufficientCapacity],
  [400, "instance-operations/launch/file-system-in-wrong-region", errors.FileSystemInWrongRegion],
  [400, "filesystems/filesystem-in-use", errors.InUse],
  [400, "firewall-rulesets/firewall-ruleset-in-use", errors.InUse],
  [400, "ssh-keys/key-in-use", errors.InUse],
  [400, "something/new", errors.InvalidRequest],
  [429, undefined, http.RateLimited],
  [500, "global/internal-error", http.ServerFault],
  [503, undefined, http.ServerFault],
  [400, undefined, http.ServerFault],
  [404, undefined, http.ServerFault],
  [404, "something/new", errors.NotFound],
])("%i %s", (status, code, Class) => {
  expect(of(status, code)).toBeInstanceOf(Class);
});

test("SSH keys have no documented codes: their texts decide", () => {
  const code = "global/invalid-parameters";
  expect(of(400, code, "Key is currently in use, cannot delete")).toBeInstanceOf(errors.InUse);
  expect(of(400, code, "SSH key name must be unique")).toBeInstanceOf(errors.Duplicate);
});

test("only what Lambda may have carried out counts as such", () => {
  const may = [of(502, undefined), new http.ReplyLost(errors.lambdaCloud, { call, message: "m" })];
  const not = [
    of(429, undefined),
    of(400, "global/quota-exceeded"),
    new http.Unreachable(errors.lambdaCloud, { call, message: "m" }),
    new http.Untrusted(errors.lambdaCloud, { call, message: "m" }),
  ];
  expect(may.map(http.mayHaveHappened)).toEqual([true, true]);
  expect([...not, new Error("x")].map(http.mayHaveHappened)).not.toContain(true);
});

test("an error says what was called, what came back, and what to do", () => {
  const error = errors.errorFor({
    call,
    status: 401,
    code: "global/invalid-api-key",
    message: "API key was invalid.",
  });
  expect(error.message).toBe(
    "Lambda Cloud POST /x: API key was invalid. (401 global/invalid-api-key) — " +
      "set the secret sophia-infra:lambdaApiKey to a valid key",
  );
});

test("keys and Jupyter tokens are taken out of texts", () => {
  const text =
    '{"jupyter_token":"t0k","jupyter_url": "https://x/?token=t0k","a":"?token=t0k&b=1","k":"secret_a_1.b"}';
  expect(redactJupyter(redact(text, ["secret_a_1.b", ""]))).toBe(
    '{"jupyter_token":"[secret]","jupyter_url": "[secret]","a":"?token=[secret]&b=1","k":"[secret]"}',
  );
});
