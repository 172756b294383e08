import { expect, test } from "vitest";
import { dnsFault } from "../../../../delivery/stack/dns.ts";

test("C1 N1 a DNS record that is missing, or names another host than the ingress, is reported with what to do", async () => {
  const here = (ingress: string[], name = "localhost") => dnsFault({ url: `https://${name}:8443`, ingress });
  expect(await here(["127.0.0.1"])).toBe("");
  expect(await here(["192.0.2.1"])).toMatch(
    /localhost is at 127\.0\.0\.1: let it name 192\.0\.2\.1 .*`ingress`/,
  );
  // A record that leaves one of the hosts out sends nobody there.
  expect(await here(["127.0.0.1", "192.0.2.2"])).toContain("let it name 127.0.0.1, 192.0.2.2");
  expect(await here(["192.0.2.1"], "sophia.invalid")).toMatch(
    /^DNS has no address of sophia\.invalid \(.+\): /,
  );
});
