import { describe, expect, test } from "vitest";
import { mcpSettings } from "../../../../components/settings/sections/services.ts";
import type { CatalogInput } from "../../../../mcp/catalog/entry.ts";
import { isDeployed, readCatalog } from "../../../../mcp/catalog/index.ts";
import { sophiaInfrastructure } from "../../../../mcp/catalog/ownServers.ts";
import { vendorServers } from "../../../../mcp/catalog/vendorServers.ts";
import { environmentOf } from "../../../../mcp/deployment/environment.ts";
import { dns, podSpec } from "../../../../mcp/deployment/pod.ts";

const provided = {
  values: { SOPHIA_LAMBDA_API_URL: "https://lambda.test/api/v1" },
  secrets: {
    SOPHIA_LAMBDA_API_KEY_FILE: "key",
    NOTION_TOKEN: "token",
    SLACK_MCP_XOXB_TOKEN: "token",
    GITHUB_PERSONAL_ACCESS_TOKEN: "pat",
  },
};

function podOf(input: CatalogInput, settings = mcpSettings.parse({})) {
  const [entry] = readCatalog([input]);
  if (!entry || !isDeployed(entry)) throw new Error("no entry that runs here");
  const own = { PORT: "8080", SOPHIA_HOSTS_FILE: "/etc/sophia/hosts.json" };
  const { plain, secrets } = environmentOf(entry, own, provided, dns(entry.name));
  const made = podSpec(entry, {
    settings,
    environment: plain,
    hosts: plain.some(({ name }) => name === "SOPHIA_HOSTS_FILE"),
    files: Object.keys(secrets).some((name) => name.endsWith("_FILE")),
    image: "registry.test/servers:1",
    account: "account",
  });
  const spec: Record<string, unknown> = JSON.parse(JSON.stringify(made));
  const containers = spec.containers as Record<string, unknown>[];
  const [container] = containers;
  if (!container || containers.length !== 1) throw new Error("not one container");
  return { spec, container, secrets };
}
const pod = (change: object = {}, settings?: Parameters<typeof podOf>[1]) =>
  podOf({ ...sophiaInfrastructure, ...change } as CatalogInput, settings);
const vendor = (name: string) => {
  const found = vendorServers.find((entry) => entry.name === name);
  if (!found) throw new Error(`no ${name}`);
  return podOf(found);
};

describe("pod", () => {
  test("M2 runs on the MCP node, GPU or not", () => {
    expect(pod().spec.nodeSelector).toEqual({ "kubernetes.io/hostname": "mcp-node" });
    expect(pod({ gpuSlices: 0 }).spec.nodeSelector).toEqual({ "kubernetes.io/hostname": "mcp-node" });
  });

  test("M2 asks for 200m/512Mi, may take 1000m/2Gi, and gets the GPU slice that it asks for", () => {
    expect(pod().container.resources).toEqual({
      requests: { cpu: "200m", memory: "512Mi", "nvidia.com/gpu": "1" },
      limits: { cpu: "1000m", memory: "2Gi", "nvidia.com/gpu": "1" },
    });
    const small = { requests: { cpu: "1m", memory: "1Mi" }, limits: { cpu: "2m", memory: "2Mi" } };
    const settings = mcpSettings.parse({ servers: { sophia_infrastructure: { resources: small } } });
    expect(pod({ gpuSlices: 0 }, settings).container.resources).toEqual(small);
  });

  test("M2 with a GPU it runs on NVIDIA's runtime with CUDA's environment, without one it has neither", () => {
    const cuda = { name: "NVIDIA_DRIVER_CAPABILITIES", value: "compute,utility" };
    expect(pod().spec.runtimeClassName).toBe("nvidia");
    expect(pod({}, mcpSettings.parse({ runtimeClass: "other" })).spec.runtimeClassName).toBe("other");
    expect(pod().container.env).toContainEqual(cuda);
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

  test("M2 the last lines of a program that ended are in the pod's status", () => {
    for (const { container } of [pod(), vendor("memory"), vendor("slack")])
      expect(container).toMatchObject({ terminationMessagePolicy: "FallbackToLogsOnError" });
  });

  // What `/alive` asks of the program: tests/unit/mcp/vendor.
  test("M2 M4 the kubelet asks health endpoints, never the protocol's own", () => {
    const { container } = pod({ health: { live: "/alive", ready: "/able" } });
    expect(container.startupProbe).toMatchObject({ httpGet: { path: "/alive", port: "mcp" } });
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: "/alive", port: "mcp" } });
    expect(container.readinessProbe).toMatchObject({ httpGet: { path: "/able", port: "mcp" } });
    expect(pod({ health: "tcp" }).container.readinessProbe).toMatchObject({ tcpSocket: { port: "mcp" } });
    for (const { container: each } of [pod(), vendor("memory"), vendor("playwright")]) {
      const probes = Object.entries(each).filter(([key]) => key.endsWith("Probe"));
      expect(probes).toHaveLength(3);
      expect(JSON.stringify(probes)).not.toMatch(/"\/mcp"|initialize|exec/);
    }
  });

  test("M2 a server that hangs is gone within 45 s, and with it what waits for it", () => {
    const { periodSeconds, timeoutSeconds, failureThreshold, terminationGracePeriodSeconds } = pod().container
      .livenessProbe as Record<string, number>;
    const seen = (periodSeconds ?? 0) * (failureThreshold ?? 3) + (timeoutSeconds ?? 0);
    expect(seen + (terminationGracePeriodSeconds ?? 40)).toBeLessThanOrEqual(45);
  });

  test("M2 a bridged server lives as long as its child answers", () => {
    const { container } = vendor("memory");
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: "/alive", port: "alive" } });
    expect(container.ports).toContainEqual({ name: "alive", containerPort: 8081 });
    expect(container.readinessProbe).toMatchObject({ httpGet: { path: "/ping", port: "mcp" } });
    const { periodSeconds, failureThreshold, terminationGracePeriodSeconds } =
      container.livenessProbe as Record<string, number>;
    expect(
      (periodSeconds ?? 0) * (failureThreshold ?? 0) + (terminationGracePeriodSeconds ?? 0),
    ).toBeLessThanOrEqual(45);
    expect(JSON.stringify(pod().container)).not.toContain("alive");
  });

  test("M2 a program without a health path is watched by its own process", () => {
    const { container } = vendor("playwright");
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: "/alive", port: "alive" } });
    expect(container.readinessProbe).toMatchObject({ tcpSocket: { port: "mcp" } });
    const command = container.command as string[];
    expect(command).toEqual([
      ...["node", "/app/mcp/vendor/watched.ts", "8081", "8080"],
      "/app/mcp/vendor/node_modules/@playwright/mcp/cli.js",
    ]);
  });

  test("M2 takes what the stack says of it, else what its entry does, else what all do", () => {
    const resources = (memory: string) => ({
      requests: { cpu: "50m", memory: "64Mi" },
      limits: { cpu: "1", memory },
    });
    const own = mcpSettings.parse({ servers: { sophia_infrastructure: { resources: resources("300Mi") } } });
    const limit = (made: ReturnType<typeof pod>) =>
      (made.container.resources as { limits: { memory: string } }).limits.memory;
    expect(limit(pod({ resources: resources("200Mi") }, own))).toBe("300Mi");
    expect(limit(pod({ resources: resources("200Mi") }))).toBe("200Mi");
    expect(limit(pod())).toBe(mcpSettings.parse({}).resources.limits.memory);
  });

  test("M2 S1 mounts its own secret, and names files in the environment, never values", () => {
    const { spec, container, secrets } = pod();
    const volumes = (spec.volumes as { secret?: object }[]).flatMap(({ secret }) => secret ?? []);
    expect(volumes).toEqual([{ secretName: "sophia-infrastructure", defaultMode: 0o440 }]);
    expect(secrets).toEqual({ SOPHIA_LAMBDA_API_KEY_FILE: "key" });
    expect(container.env).toContainEqual({
      name: "SOPHIA_LAMBDA_API_KEY_FILE",
      value: "/etc/sophia-secrets/SOPHIA_LAMBDA_API_KEY_FILE",
    });
    expect(container.volumeMounts).toContainEqual({
      name: "secrets",
      mountPath: "/etc/sophia-secrets",
      readOnly: true,
    });
  });

  test("M2 S1 a program of others gets its token from its own Secret, and nothing of its neighbours", () => {
    const { container, secrets, spec } = vendor("notion");
    expect(secrets).toEqual({ NOTION_TOKEN: "token" });
    expect(container.env).toContainEqual({
      name: "NOTION_TOKEN",
      valueFrom: { secretKeyRef: { name: "notion", key: "NOTION_TOKEN" } },
    });
    expect(JSON.stringify(container)).not.toMatch(/"token"|LAMBDA|PORT/);
    expect(JSON.stringify(spec.volumes)).not.toContain("secret");
  });

  test("S1 a token that the gateway adds to requests is mounted in the gateway only", () => {
    const { container, secrets } = vendor("github");
    expect(secrets).toEqual({});
    expect(JSON.stringify(container)).not.toContain("GITHUB_PERSONAL_ACCESS_TOKEN");
  });

  test("W5 a server that needs a variable that nothing provides is named, with the variable", () => {
    const [entry] = readCatalog([{ ...sophiaInfrastructure, name: "redis" } as CatalogInput]);
    if (!entry || !isDeployed(entry)) throw new Error("no entry");
    expect(() => environmentOf(entry, { PORT: "1" }, provided, "redis")).toThrow(
      "mcp/redis reads SOPHIA_REDIS_URL, and nothing gives a value for it",
    );
  });

  test("M1 a program that speaks over stdio is bridged, and the bridge ends when its child does", () => {
    const { command } = vendor("memory").container as { command: string[] };
    expect(command.slice(0, 2)).toEqual(["node", "/app/mcp/vendor/bridge.ts"]);
    expect(command).not.toContain("--stateless");
    const shell = command.indexOf("sh");
    expect(command[shell + 2]).toBe('"$@"; kill "$PPID"');
    expect(command.at(-1)).toBe(
      "/app/mcp/vendor/node_modules/@modelcontextprotocol/server-memory/dist/index.js",
    );
  });

  test("M2 a volume outlives the pod, and belongs to the server", () => {
    expect(vendor("memory").spec.volumes).toContainEqual({
      name: "data",
      persistentVolumeClaim: { claimName: "memory" },
    });
  });

  test("M2 has a token of Kubernetes only where its entry reads Kubernetes", () => {
    expect(pod().spec).toMatchObject({ serviceAccountName: "account", automountServiceAccountToken: true });
    expect(pod({ kubernetes: undefined }).spec.automountServiceAccountToken).toBe(false);
  });

  test("W3 a bridged server may finish its calls: the kubelet waits longer than the preStop delay and the bridge together", () => {
    const { spec, container } = vendor("memory");
    const { preStop } = container.lifecycle as { preStop: { sleep: { seconds: number } } };
    const command = container.command as string[];
    const closing = Number(command[command.indexOf("--gracefulShutdownTimeout") + 1]) / 1000;
    expect(closing).toBeGreaterThan(0);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(preStop.sleep.seconds + closing);
  });
});
