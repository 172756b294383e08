import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  createArguments,
  nameserversIn,
  type Privilege,
  privilegeOrder,
  volumesOf,
} from "../../../../lab/machines/docker/options.ts";
import { gpuFile, seedFiles } from "../../../../lab/machines/docker/seed.ts";
import { explainStart, missingAlias } from "../../../../lab/machines/docker/startErrors.ts";
import { addressesIn } from "../../../../lab/machines/docker/subnet.ts";
import type { MachineSpec } from "../../../../lab/machines/driver.ts";

const lab = { name: "try", folder: "/labs/try" };
const spec: MachineSpec = {
  id: "1ab00000000000000000000000000001",
  lab: "try",
  hostname: "backend",
  publicAddress: "127.20.5.11",
  authorizedKeys: ["ssh-ed25519 AAAA one\n"],
  userData: "#cloud-config\nwrite_files: [{ path: /etc/token, content: hush }]\n",
  gpus: { count: 1, model: "NVIDIA A10" },
  fileSystems: [{ id: "f1", name: "sophia", mountPoint: "/lambda/nfs/sophia" }],
};
const argumentsFor = (privilege: Privilege) =>
  createArguments(spec, {
    lab,
    image: "sophia-lab/machine:1",
    network: { name: "sophia-try-net", subnet: "10.213.5.0/24", ...addressesIn("10.213.5.0/24") },
    privilege,
    nameservers: ["192.0.2.53"],
    fileSystemFolder: (id) => `/labs/try/filesystems/${id}`,
  });

describe("a machine's container", () => {
  test("publishes its ports on its own public address only", () => {
    const published = argumentsFor("capabilities").filter((argument) => argument.startsWith("--publish="));
    expect(published).toEqual(
      [22, 80, 443, 6443, 8080].map((port) => `--publish=127.20.5.11:${port}:${port}`),
    );
  });
  test("keeps its address, its disk and its file systems", () => {
    const text = argumentsFor("capabilities");
    expect(text).toContain("--ip=10.213.5.11");
    for (const { name, path } of volumesOf(lab, spec.id)) expect(text).toContain(`--volume=${name}:${path}`);
    expect(text).toContain("--mount=type=bind,source=/labs/try/filesystems/f1,target=/lambda/nfs/sophia");
  });
  test("belongs to its lab by name and folder", () => {
    const text = argumentsFor("privileged").join(" ");
    expect(text).toContain("--label ai.sophia.lab=try --label ai.sophia.lab.folder=/labs/try");
  });
  test("cannot set the machine's clock or load modules where it has capabilities one by one", () => {
    const text = argumentsFor("capabilities");
    expect(text).not.toContain("--privileged");
    for (const name of ["SYS_TIME", "SYS_MODULE", "SYS_RESOURCE"])
      expect(text).toContain(`--cap-drop=${name}`);
  });
  test("never carries user data in its arguments, where every user of the machine could read it", () => {
    expect(argumentsFor("privileged").join(" ")).not.toContain("hush");
  });
  test("tries the way that fits the control groups first, and both in the end", () => {
    expect(privilegeOrder("2")).toEqual(["privileged", "capabilities"]);
    expect(privilegeOrder("1")).toEqual(["capabilities", "privileged"]);
  });
  test("takes name servers that it can reach, not the machine's own stub", () => {
    const text =
      "# made\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nnameserver fe80::1\nsearch example.org\n";
    expect(nameserversIn(text)).toEqual(["192.0.2.53"]);
  });
});

describe("what the first boot reads", () => {
  test("keys, names and user data as they were given", () => {
    const files = seedFiles(spec);
    expect(parse(files["meta-data"] ?? "")).toEqual({
      "instance-id": spec.id,
      "local-hostname": "backend",
      "public-keys": ["ssh-ed25519 AAAA one"],
    });
    expect(files["user-data"]).toBe(spec.userData);
  });
  test("nothing to do is a document, too", () => {
    const { userData: _, ...plain } = spec;
    expect(parse(seedFiles(plain)["user-data"] ?? "")).toEqual({});
    expect(seedFiles({ ...spec, userData: " \n" })["user-data"]).toMatch(/^#cloud-config\n/);
  });
  test("the GPUs", () => {
    expect(JSON.parse(gpuFile(spec.gpus))).toEqual({ count: 1, model: "NVIDIA A10" });
  });
});

describe("why a machine does not start", () => {
  test("a taken port is named, with the way to find who has it", () => {
    const refusal =
      "Error response from daemon: driver failed programming external connectivity on endpoint x: " +
      "Error starting userland proxy: listen tcp4 127.20.5.11:22: bind: address already in use\n" +
      "Error: failed to start containers: x\n";
    expect(explainStart(spec, refusal)).toMatch(
      /port 22 of 127\.20\.5\.11: another program uses it.*ss -ltnp 'sport = :22'/,
    );
    expect(explainStart(spec, "Bind for 127.20.5.11:443 failed: port is already allocated")).toContain(
      "port 443",
    );
  });
  test("anything else is passed on", () => {
    expect(explainStart(spec, "Error response from daemon: no space left on device\n")).toBe(
      `machine ${spec.id} does not start: Error response from daemon: no space left on device`,
    );
  });
  test("a Mac needs an alias for each address", () => {
    const lo0 = {
      lo0: [
        {
          address: "127.0.0.1",
          netmask: "255.0.0.0",
          family: "IPv4" as const,
          mac: "",
          internal: true,
          cidr: null,
        },
      ],
    };
    expect(missingAlias("darwin", lo0, "127.20.5.11")).toContain("sudo ifconfig lo0 alias 127.20.5.11 up");
    expect(missingAlias("darwin", lo0, "127.0.0.1")).toBeUndefined();
    expect(missingAlias("linux", {}, "127.20.5.11")).toBeUndefined();
  });
});
