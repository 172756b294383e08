import { describe, expect, test } from "vitest";
import { clientsMap, nginxValues } from "../../components/services/nginx.ts";
import { checkedDocuments, checkedRoutes, nginxRate, type Route } from "../../components/services/routes.ts";
import { nginxSettings } from "../../components/settings/sections/services.ts";
import { only, render } from "./render.ts";
import { faultsOf } from "./rules.ts";

const route: Route = { path: "/mcp/one", kind: "sse", host: "one.mcp.svc.cluster.local", port: 8080 };
const settings = nginxSettings.parse({ hostnames: ["sophia.test", "192.0.2.7"] });
const further = { routes: [route], serviceCidr: "10.43.0.0/16", tlsSecret: "nginx-tls", tlsHash: "abc" };

describe("routes", () => {
  test("N1 are ordered from the most to the least specific", () => {
    const routes = ["/", "/mcp", "/mcp/one"].map((path) => ({ ...route, path }));
    expect(checkedRoutes(routes).map(({ path }) => path)).toEqual(["/mcp/one", "/mcp", "/"]);
  });

  test("report all faults at once, so that nothing odd reaches nginx.conf", () => {
    const wrong: Route[] = [
      { ...route, path: "/a; return 200" },
      { ...route, path: "/health" },
      { ...route, path: "/b", host: "x;y" },
      { ...route, path: "/b", port: 0 },
      { ...route, path: "/c", upstreamPath: "mcp" },
      { ...route, path: "/d", maxBody: "8 m" },
      { ...route, path: "/e/" },
      { ...route, path: "/f", address: "one.test" },
      { ...route, path: "/g", spreadAddress: "10.43.0.7" },
      { ...route, path: "/h", address: "10.43.0.6", spreadAddress: "x" },
    ];
    let message = "";
    try {
      checkedRoutes(wrong);
    } catch (error) {
      message = String(error);
    }
    for (const index of wrong.keys()) expect(message).toContain(`routes[${index}]`);
    expect(message).toContain("/b is there twice");
  });

  test("documents report all faults at once, too", () => {
    const good = { path: "/mcp/servers.json", text: "{}" };
    expect(checkedDocuments([good], [route])).toEqual([good]);
    const wrong = [
      good,
      good,
      { path: "/a b", text: "{}" },
      { path: "/mcp/one", text: "{}" },
      { path: "/x", text: "no" },
    ];
    expect(() => checkedDocuments(wrong, [route])).toThrow(
      /\[1\]: path \/mcp\/servers.json is taken\n.*\[2\]: path "\/a b" must.*\n.*\[3\]: .*taken\n.*\[4\]: its text is not JSON/,
    );
  });

  test("fractional rates become whole requests per minute", () => {
    expect(nginxRate(50)).toBe("50r/s");
    expect(nginxRate(0.5)).toBe("30r/m");
    expect(nginxRate(0.001)).toBe("1r/m");
  });
});

test("S1 a token that could end its quotes, or is easily guessed, is refused by name", () => {
  const token = "a1".repeat(24);
  expect(clientsMap({ cursor: token })).toBe(`"Bearer ${token}" "cursor";\n`);
  for (const wrong of ['"; }', "short", token.toUpperCase()]) {
    expect(() => clientsMap({ cursor: wrong })).toThrow(/token of client cursor/);
  }
});

describe("charts/nginx", () => {
  const values = nginxValues(settings, further);
  const objects = render("nginx", "ingress", values);

  test("S4 passes the rules", () => {
    expect(objects.flatMap(faultsOf)).toEqual([]);
  });

  test("N1 listens at 80 and 443 of the node and keeps the client's address", () => {
    expect(only(objects, "Service").spec).toMatchObject({
      type: "NodePort",
      externalTrafficPolicy: "Local",
      ports: [
        { nodePort: 80, targetPort: "http" },
        { nodePort: 443, targetPort: "https" },
      ],
    });
  });

  test("N1 has a pod on each ingress node, so that every one of their addresses answers", () => {
    const daemonSet = only(objects, "DaemonSet").spec as { template: { spec: { nodeSelector: object } } };
    expect(daemonSet.template.spec.nodeSelector).toEqual({ "sophia.ai/role-ingress": "true" });
  });

  test("W3 rolls without a pod less, and every change of configuration or certificate rolls", () => {
    const daemonSet = only(objects, "DaemonSet");
    expect(daemonSet.spec).toMatchObject({
      updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
    const annotations = (changed: object) => {
      const again = only(render("nginx", "ingress", { ...values, ...changed }), "DaemonSet");
      return JSON.stringify((again.spec as { template: { metadata: object } }).template.metadata);
    };
    const before = annotations({});
    expect(annotations({ rateLimit: { rate: "1r/s", burst: 1 } })).not.toBe(before);
    expect(annotations({ tlsHash: "def" })).not.toBe(before);
    expect(annotations({ chartHash: "another" })).toBe(before);
  });

  test("M3 S1 serves documents to clients alone, and a new one rolls nothing", () => {
    const document = {
      path: "/mcp/servers.json",
      text: JSON.stringify({ $schema: 'it\'s "x"', lines: "a\nb" }),
    };
    const rendered = (text: string) => {
      const documents = [{ ...document, text }];
      return render("nginx", "ingress", nginxValues(settings, { ...further, documents }));
    };
    const { data } = only(rendered(document.text), "ConfigMap");
    expect(data?.["document-0"]).toBe(document.text);
    const block =
      /location = \/mcp\/servers.json \{([\s\S]*?)\n {4}\}/.exec(data?.["nginx.conf"] ?? "")?.[1] ?? "";
    expect(block).toMatch(
      /set \$route_clients on;[\s\S]*if \(\$caller = ""\) \{\s*rewrite \^ \/_stranger last;[\s\S]*alias \S+\/document-0;/,
    );
    expect(only(rendered("{}"), "DaemonSet")).toEqual(only(rendered(document.text), "DaemonSet"));
  });
});
