import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { parseConfig } from "../../../components/settings/parse.ts";
import { repository } from "../../../tools/repository.ts";
import { placeholders } from "./placeholders.ts";

const secrets = await placeholders(["sophia.example"]);
const prod = readFileSync(join(repository, "Pulumi.prod.yaml"), "utf8");

type Path = readonly [section: string, ...rest: (string | number)[]];

/** What is said of prod's settings with one value changed. */
function faultsWith([section, ...rest]: Path, value: unknown): string[] {
  const document = parseDocument(prod);
  document.setIn(["config", `sophia-infra:${section}`, ...rest], value);
  const { config } = document.toJS() as { config: Record<string, unknown> };
  const own = Object.entries(config).map(([key, given]) => [
    key.replace("sophia-infra:", ""),
    typeof given === "string" ? given : JSON.stringify(given),
  ]);
  const result = parseConfig({
    values: { ...Object.fromEntries(own), ...secrets },
    secretKeys: new Set(Object.keys(secrets)),
  });
  return result.ok ? [] : result.faults.map(({ path, message }) => `${path}: ${message}`);
}

const network = "expected an IPv4 network like 203.0.113.0/24, or an address like 203.0.113.7/32";
const hostname = "expected a host name like sophia.example.com, without protocol, port and path";
const cronFields = "minute, hour, day of month, month, day of week from 0, like 0 */6 * * *";

test.each<[Path, unknown, string]>([
  [["redis"], "big", 'redis: expected a map; got "big"'],
  [["redis", "memory"], 4, "redis.memory: expected a quantity like 512Mi or 20Gi; got 4"],
  [["hosts"], { a: 1 }, 'hosts: expected a list; got {"a":1}'],
  [
    ["hosts", 1, "labels"],
    { rack: 7 },
    'hosts[1].labels.rack: expected text; got 7: write it in quotes, "7"',
  ],
  [["gpu"], { slicesPerGpu: 2.5 }, "gpu.slicesPerGpu: expected a whole number; got 2.5"],
  [["monitoring"], { enabled: "yes" }, 'monitoring.enabled: expected true or false; got "yes"'],
  [["lambda", "regions"], [], "lambda.regions: expected at least 1 entry; got []"],
  [["lambda", "unhealthyReplacements"], 9, "lambda.unhealthyReplacements: expected at most 5; got 9"],
  [["k3s", "mirrors"], { a: ["b"] }, 'k3s.mirrors.a[0]: expected a URL like https://example.com; got "b"'],
  [
    ["hosts", 1, "adopt"],
    { ip: "192.0.2.1" },
    'hosts[1].adopt: expected either { id: … } or { name: … } of the instance; got {"ip":"192.0.2.1"}',
  ],
  [
    ["mcp", "servers"],
    { redis: { replica: { min: 1, max: 1 } } },
    "mcp.servers.redis.replica: unknown setting; did you mean replicas?",
  ],
  [
    ["mcp", "clients"],
    { Cursor: 1 },
    "mcp.clients.Cursor: its name is wrong; expected lower-case letters, digits and dashes",
  ],
])("says of %j what is expected, in plain words", (path, value, fault) => {
  expect(faultsWith(path, value)).toEqual([fault]);
});

test.each<[Path, unknown, string]>([
  [
    ["nginx", "hostnames", 0],
    "https://a.example/",
    `nginx.hostnames[0]: ${hostname}; got "https://a.example/"`,
  ],
  [["nginx", "hostnames", 0], "a; }", `nginx.hostnames[0]: ${hostname}; got "a; }"`],
  [
    ["lambda", "firewall", "adminNetworks", 0],
    "192.0.2.1",
    `lambda.firewall.adminNetworks[0]: ${network}; got "192.0.2.1"`,
  ],
  [
    ["lambda", "firewall", "adminNetworks", 0],
    "192.0.2.1/24",
    "lambda.firewall.adminNetworks[0]: 192.0.2.1/24 is not the first address of its network: write /32 for that address alone, or the first one",
  ],
  [
    ["k3s", "clusterCidr"],
    "10.42.0.0/28",
    "k3s.clusterCidr: must have a length from /8 to /24, got 10.42.0.0/28",
  ],
  [
    ["k3s", "serviceCidr"],
    "10.42.128.0/20",
    "k3s.serviceCidr: 10.42.128.0/20 and clusterCidr, 10.42.0.0/16, overlap: pods and Services need networks of their own",
  ],
  [
    ["k3s", "snapshots"],
    { schedule: "0 25 * * *" },
    `k3s.snapshots.schedule: "0 25 * * *" is not a cron expression: ${cronFields}`,
  ],
  [
    ["redis", "image"],
    "redis: 7",
    'redis.image: expected an image like docker.io/library/redis:7.4, also with @sha256:…; got "redis: 7"',
  ],
  [
    ["storageClass"],
    "Fast SSD",
    'storageClass: expected a name of lower-case letters, digits, dashes and dots; got "Fast SSD"',
  ],
  [["hosts", 0, "name"], "mcp-node", "hosts[0].name: mcp-node is the node of the host with role mcp"],
  [
    ["hosts", 1, "labels"],
    { "a b": "c" },
    "hosts[1].labels.a b: is not a label's key; write it like example.com/rack",
  ],
  [
    ["hosts", 1, "labels"],
    { "example.com/rack": "no 7" },
    'hosts[1].labels.example.com/rack: "no 7" is not a label\'s value: use up to 63 letters, digits, - _ .',
  ],
  [
    ["hosts", 1, "labels"],
    { "node-role.kubernetes.io/worker": "true" },
    "hosts[1].labels.node-role.kubernetes.io/worker: is Kubernetes's own label, which no setting may give a node",
  ],
  [
    ["hosts", 1, "labels"],
    { "sophia.ai/role-mcp": "true" },
    "hosts[1].labels.sophia.ai/role-mcp: is the program's own label",
  ],
  [
    ["mcp", "resources"],
    { requests: { cpu: "2", memory: "1Gi" }, limits: { cpu: "1500m", memory: "1Gi" } },
    "mcp.resources.requests.cpu: 2 is more than its limit, 1500m",
  ],
  [
    ["nginx", "hostnames"],
    ["a.example", "b.example", "a.example"],
    'nginx.hostnames[2]: "a.example" is in the list already',
  ],
  [["hosts", 1, "roles"], ["server", "data", "data"], 'hosts[1].roles[2]: "data" is in the list already'],
  [
    ["images", "build", "services"],
    { monitoring: "services/monitoring" },
    "images.build.services.monitoring: is the name of a family of the platform's own images; give the service another one",
  ],
  [
    ["gpu", "pluginChart"],
    { chart: "nvidia-device-plugin", repository: "https://charts.test" },
    "gpu.pluginChart: chart nvidia-device-plugin needs a repository and an exact version; a folder's path starts with . or /",
  ],
  [
    ["gpu", "pluginChart"],
    { chart: "./charts/gpu", version: "1.2.3" },
    "gpu.pluginChart: chart ./charts/gpu is a folder: leave out its repository and its version",
  ],
])(
  "%j is refused before a host is launched for what K3s, Kubernetes or Nginx would refuse later",
  (path, value, fault) => {
    expect(faultsWith(path, value)).toEqual([fault]);
  },
);

test.each<[Path, unknown]>([
  [["nginx", "hostnames", 0], "192.0.2.7"],
  [["k3s", "clusterCidr"], "172.16.0.0/12"],
  [["k3s", "snapshots"], { schedule: "0,30 8-18/2 * JAN-MAR mon" }],
  [["redis", "image"], "127.20.1.1:5000/library/redis:7.4"],
  [
    ["hosts", 1, "labels"],
    { disk: "fast", "topology.kubernetes.io/zone": "a", "node.kubernetes.io/pool": "" },
  ],
])("%j may be so", (path, value) => {
  expect(faultsWith(path, value)).toEqual([]);
});
