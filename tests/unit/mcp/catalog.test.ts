import { describe, expect, test } from "vitest";
import { mcpSettings } from "../../../components/settings/services.ts";
import { catalog, readCatalog } from "../../../mcp/catalog/index.ts";
import { sophiaInfrastructure } from "../../../mcp/catalog/sophia.ts";
import { egressRules, peerOf } from "../../../mcp/egress.ts";
import { dns, podSpec } from "../../../mcp/pod.ts";
import { baseEnvironment } from "../../../mcp/servers/kit/environment.ts";

const entryOf = (change: object = {}) => {
  const [entry] = readCatalog([{ ...sophiaInfrastructure, ...change }]);
  if (!entry) throw new Error("no entry");
  return entry;
};

describe("catalog", () => {
  test("M1 names are unique, and fit Kubernetes and a URL", () => {
    expect(catalog.map(({ name }) => name)).toContain("sophia_infrastructure");
    for (const { name } of catalog) expect(dns(name)).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  test("M1 two entries of one name are refused", () => {
    expect(() => readCatalog([sophiaInfrastructure, sophiaInfrastructure])).toThrow(
      /MCP catalog cannot be used:\n.*two entries have the same name/,
    );
  });

  test.each([
    [{ port: 80 }, "[1].port"],
    [{ name: "with-dash" }, "[1].name"],
    [{ name: "ends_" }, "[1].name"],
    [{ name: "x".repeat(64) }, "[1].name"],
    [{ entry: "/bin/sh" }, "[1].entry"],
    [{ gpuSlices: 0.25 }, "[1].gpuSlices"],
    [{ kubernetes: { resources: ["secrets"] } }, "[1].kubernetes.resources[0]"],
    [{ egress: ["anywhere"] }, "[1].egress[0]"],
    [{ gpu: 1 }, "[1]"],
  ])("M1 a wrong entry is refused with its path: %j", (change, path) => {
    const wrong = { ...sophiaInfrastructure, ...change } as typeof sophiaInfrastructure;
    const named = { ...sophiaInfrastructure, name: "other" };
    expect(() => readCatalog([named, wrong])).toThrow(`→ at ${path}`);
  });
});

describe("egress", () => {
  const servers = [
    { address: "10.0.0.5", port: 6443 },
    { address: "203.0.113.7", port: 6443 },
  ];
  const to = (cidr: string, port: number) => ({
    to: [{ ipBlock: { cidr } }],
    ports: [{ port, protocol: "TCP" }],
  });

  test("S4 a server reaches what its entry names, and nothing else", () => {
    const url = "http://10.88.0.1:7600/api/v1";
    expect(egressRules(entryOf(), servers, url)).toEqual([
      to("10.0.0.5/32", 6443),
      to("203.0.113.7/32", 6443),
      to("10.88.0.1/32", 7600),
    ]);
    expect(egressRules(entryOf({ kubernetes: undefined }), servers, url)).toEqual([to("10.88.0.1/32", 7600)]);
    expect(egressRules(entryOf({ egress: [], kubernetes: undefined }), servers, url)).toEqual([]);
  });

  test("S4 a name in a URL opens one port to any address; an API server must be an address", () => {
    expect(
      egressRules(entryOf({ kubernetes: undefined }), servers, "https://cloud.lambda.ai/api/v1"),
    ).toEqual([to("0.0.0.0/0", 443)]);
    const named = [{ address: "backend.example", port: 6443 }];
    expect(() => egressRules(entryOf(), named, "https://cloud.lambda.ai")).toThrow(
      /needs an IPv4 address, got "backend.example"/,
    );
  });

  test.each([
    ["https://cloud.lambda.ai/api/v1", "cloud.lambda.ai", 443],
    ["http://cloud.lambda.ai", "cloud.lambda.ai", 80],
    ["http://127.0.0.1:7600/api/v1", "127.0.0.1", 7600],
  ])("%s is spoken to at %s:%i", (url, address, port) => expect(peerOf(url)).toEqual({ address, port }));
});

describe("pod", () => {
  const pod = (change: object = {}) => {
    const made = podSpec(entryOf(change), mcpSettings.parse({}), "https://lambda.test/api/v1", "account");
    const spec: Record<string, unknown> = JSON.parse(JSON.stringify(made));
    const containers = spec.containers as Record<string, unknown>[];
    const [container] = containers;
    if (!container || containers.length !== 1) throw new Error("not one container");
    return { spec, container };
  };

  test("M2 runs on the MCP node, GPU or not", () => {
    expect(pod().spec.nodeSelector).toEqual({ "kubernetes.io/hostname": "mcp-node" });
    expect(pod({ gpuSlices: 0 }).spec.nodeSelector).toEqual({ "kubernetes.io/hostname": "mcp-node" });
  });

  test("M2 asks for 200m/512Mi, may take 1000m/2Gi, and gets as many GPU slices as it asks for", () => {
    expect(pod({ gpuSlices: 2 }).container.resources).toEqual({
      requests: { cpu: "200m", memory: "512Mi", "nvidia.com/gpu": "2" },
      limits: { cpu: "1000m", memory: "2Gi", "nvidia.com/gpu": "2" },
    });
  });

  test("M2 with a GPU it runs on NVIDIA's runtime with CUDA's environment, without one it has neither", () => {
    const cuda = { name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" };
    expect(pod({ gpuSlices: 1 }).spec.runtimeClassName).toBe("nvidia");
    expect(pod({ gpuSlices: 1 }).container.env).toContainEqual(cuda);
    const without = pod({ gpuSlices: 0 });
    expect(without.spec).not.toHaveProperty("runtimeClassName");
    expect(JSON.stringify(without.container)).not.toMatch(/nvidia/i);
  });

  test("M2 S4 is what Pod Security calls restricted, with a read-only root", () => {
    const { spec, container } = pod();
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect((spec.securityContext as { runAsUser: number }).runAsUser).toBeGreaterThan(0);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(Object.keys(spec)).not.toContain("hostNetwork");
    const volumes = spec.volumes as Record<string, unknown>[];
    expect(volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== "name"))).toEqual([
      "configMap",
      "secret",
      "emptyDir",
    ]);
  });

  test("M2 M4 health is asked of the health endpoints, never of the protocol", () => {
    const { container } = pod({ health: { live: "/alive", ready: "/able" } });
    expect(container.startupProbe).toMatchObject({ httpGet: { path: "/alive", port: "mcp" } });
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: "/alive", port: "mcp" } });
    expect(container.readinessProbe).toMatchObject({ httpGet: { path: "/able", port: "mcp" } });
    expect(
      JSON.stringify(Object.entries(pod().container).filter(([key]) => key.endsWith("Probe"))),
    ).not.toMatch(/"\/mcp"|initialize|exec/);
  });

  test("M2 S1 mounts its own secret, and names files in the environment, never values", () => {
    const { spec, container } = pod();
    const secrets = (spec.volumes as { secret?: object }[]).flatMap(({ secret }) => secret ?? []);
    expect(secrets).toEqual([{ secretName: "sophia-infrastructure", defaultMode: 0o440 }]);
    expect(container.env).toContainEqual({
      name: "SOPHIA_LAMBDA_API_KEY_FILE",
      value: "/etc/sophia-secrets/SOPHIA_LAMBDA_API_KEY_FILE",
    });
    expect(container.volumeMounts).toContainEqual({
      name: "secrets",
      mountPath: "/etc/sophia-secrets",
      readOnly: true,
    });
    expect(JSON.stringify(pod({ name: "other" }).container.env)).not.toMatch(/KEY/);
  });

  test("M2 has a token of Kubernetes only where its entry reads Kubernetes", () => {
    expect(pod().spec).toMatchObject({ serviceAccountName: "account", automountServiceAccountToken: true });
    expect(pod({ kubernetes: undefined }).spec.automountServiceAccountToken).toBe(false);
  });

  test("W3 may finish its calls: the time to die is longer than door and grace together", () => {
    const { spec, container } = pod();
    const { preStop } = container.lifecycle as { preStop: { sleep: { seconds: number } } };
    const shutdownGrace = baseEnvironment.parse({}).SOPHIA_MCP_SHUTDOWN_GRACE;
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(preStop.sleep.seconds + shutdownGrace);
  });
});
