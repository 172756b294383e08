import { expect, test } from "vitest";
import { somePublicKey, type TestCloud, testCloud } from "./support/cloud.ts";

const code = ({ status, json }: { status: number; json: unknown }) => {
  const { error } = json as { error?: { code: string } };
  return `${status} ${error?.code}`;
};

async function newFileSystem({ api }: TestCloud, name: string, region = "us-west-1"): Promise<string> {
  const { json } = await api.call("POST", "/filesystems", { body: { name, region } });
  return String(json.data?.id);
}

test("the machine gets what the launch asked for", async () => {
  const lab = await testCloud();
  const id = await newFileSystem(lab, "store");
  const instance = await lab.launched({
    instance_type_name: "gpu_1x_a10",
    user_data: "#cloud-config\n",
    hostname: "backend",
    file_system_names: ["store"],
  });
  expect(lab.driver.spec(instance)).toEqual({
    id: instance,
    lab: "test",
    hostname: "backend",
    publicAddress: "127.20.0.11",
    authorizedKeys: [somePublicKey],
    userData: "#cloud-config\n",
    gpus: { count: 1, model: "A10 (24 GB PCIe)" },
    fileSystems: [{ id, name: "store", mountPoint: "/lambda/nfs/store" }],
  });
});

test("user data is never given back, not even by the lab's own state once the machine exists", async () => {
  const lab = await testCloud();
  const id = await lab.launched({ user_data: "planted-secret" });
  const seen = [
    (await lab.api.call("GET", `/instances/${id}`)).text,
    JSON.stringify(await lab.control.state()),
    JSON.stringify(await lab.control.journal()),
    lab.lines.join("\n"),
  ];
  for (const text of seen) expect(text).not.toContain("planted-secret");
});

test("every launch gets a new public address, also when an old one is free again", async () => {
  const lab = await testCloud();
  const first = await lab.launched();
  await lab.control.advance(240);
  await lab.api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [first] } });
  await lab.control.advance(120);
  await lab.launched();
  const addresses = (await lab.control.state()).instances.map(({ address }) => address);
  expect(addresses).toEqual(["127.20.0.12"]);
});

test("two instances may have one name", async () => {
  const lab = await testCloud();
  expect(await lab.launched({ name: "twin" })).not.toBe(await lab.launched({ name: "twin" }));
});

test("capacity that is listed can be refused, and what is not listed can be had", async () => {
  const lab = await testCloud();
  await lab.control.setCapacity({
    gpu_1x_a10: { "us-west-1": { listed: true, slots: 0 }, "me-west-1": { listed: false, slots: 1 } },
  });
  const types = await lab.api.call("GET", "/instance-types");
  const listed = types.json.data?.gpu_1x_a10?.regions_with_capacity_available?.map(({ name }) =>
    String(name),
  );
  expect(listed).toContain("us-west-1");
  expect(listed).not.toContain("me-west-1");
  expect(code(await lab.launch())).toBe("400 instance-operations/launch/insufficient-capacity");
  await lab.launched({ region_name: "me-west-1" });
});

test("slots are taken by instances, and leave the list when they are", async () => {
  const lab = await testCloud();
  await lab.control.setCapacity({ gpu_1x_a10: { "us-west-1": { slots: 1 } } });
  const listed = async () => {
    const { json } = await lab.api.call("GET", "/instance-types");
    return json.data?.gpu_1x_a10?.regions_with_capacity_available?.some(
      ({ name }) => String(name) === "us-west-1",
    );
  };
  expect(await listed()).toBe(true);
  const id = await lab.launched();
  expect(await listed()).toBe(false);
  expect(code(await lab.launch())).toBe("400 instance-operations/launch/insufficient-capacity");
  await lab.control.advance(240);
  await lab.api.call("POST", "/instance-operations/terminate", { body: { instance_ids: [id] } });
  await lab.control.advance(30);
  expect(await listed()).toBe(true);
});

test("what a launch names must exist; the status for it is a setting, as it is documented as both", async () => {
  const lab = await testCloud();
  const wrong = [
    { region_name: "mars-1" },
    { instance_type_name: "gpu_9x_nothing" },
    { ssh_key_names: ["nobody"] },
    { image: { family: "windows" } },
    { image: { id: "1ab0" } },
    { file_system_names: ["none"] },
    { file_system_mounts: [{ mount_point: "/data/x", file_system_id: "none" }] },
    { firewall_rulesets: [{ id: "none" }] },
  ];
  for (const body of wrong)
    expect(code(await lab.launch(body)), JSON.stringify(body)).toBe("404 global/object-does-not-exist");
  await lab.control.setQuirks({ launchMissingStatus: 400 });
  for (const body of wrong) expect(code(await lab.launch(body))).toBe("400 global/object-does-not-exist");
  expect((await lab.control.state()).instances).toEqual([]);
});

test("an image is of the region and the architecture, or does not exist there", async () => {
  const lab = await testCloud();
  const { json } = await lab.api.call("GET", "/images");
  const image = (region: string, architecture: string) =>
    json.data?.find(
      (candidate) =>
        String(candidate.region?.name) === region && String(candidate.architecture) === architecture,
    )?.id;
  await lab.launched({ image: { id: String(image("us-west-1", "x86_64")) } });
  expect(code(await lab.launch({ image: { id: String(image("us-east-1", "x86_64")) } }))).toBe(
    "404 global/object-does-not-exist",
  );
  await lab.launched({ image: { family: "gpu-base-24-04" } });
});

test("a file system must be in the region; a mount by path wins over one by name", async () => {
  const lab = await testCloud();
  const [here] = [await newFileSystem(lab, "here"), await newFileSystem(lab, "there", "us-east-1")];
  expect(code(await lab.launch({ file_system_names: ["there"] }))).toBe(
    "400 instance-operations/launch/file-system-in-wrong-region",
  );
  const mount = { mount_point: "/data/mine", file_system_id: here };
  const id = await lab.launched({ file_system_names: ["here"], file_system_mounts: [mount] });
  expect(await lab.instance(id)).toMatchObject({ file_system_names: ["here"], file_system_mounts: [mount] });
});

test("a ruleset must be in the region, and tells who uses it", async () => {
  const lab = await testCloud();
  const make = async (region: string) => {
    const body = { name: "web", region, rules: [] };
    return String((await lab.api.call("POST", "/firewall-rulesets", { body })).json.data?.id);
  };
  const [here, there] = [await make("us-west-1"), await make("us-east-1")];
  expect(code(await lab.launch({ firewall_rulesets: [{ id: there }] }))).toBe(
    "400 global/invalid-parameters",
  );
  const id = await lab.launched({ firewall_rulesets: [{ id: here }] });
  expect(await lab.instance(id)).toMatchObject({ firewall_rulesets: [{ id: here }] });
  const { json } = await lab.api.call("GET", `/firewall-rulesets/${here}`);
  expect(json.data).toMatchObject({ instance_ids: [id] });
});

test("quotas and a bad billing address refuse a launch", async () => {
  const lab = await testCloud();
  await lab.control.setAccount({ quotas: { instances: 1 } });
  await lab.launched();
  expect(code(await lab.launch())).toBe("400 global/quota-exceeded");
  await lab.control.setAccount({ standing: "invalid-address", quotas: { instances: 9 } });
  expect(code(await lab.launch())).toBe("403 global/invalid-address");
});

test("malformed launches are refused with the field at fault", async () => {
  const lab = await testCloud();
  await lab.launched();
  const launch = {
    region_name: "us-west-1",
    instance_type_name: "gpu_1x_a10",
    ssh_key_names: ["k"],
  };
  const wrong: [object, RegExp][] = [
    [{ ssh_key_names: [] }, /ssh_key_names/],
    [{ ssh_key_names: ["k", "k"] }, /ssh_key_names/],
    [{ hostname: "Upper" }, /hostname/],
    [{ name: "x".repeat(65) }, /name/],
    [{ tags: [{ key: "a", value: "" }] }, /tags\.0\.key/],
    [{ tags: [{ key: "under_score", value: "" }] }, /tags\.0\.key/],
    [{ tags: [{ key: "lambda-ai-x", value: "" }] }, /reserved/],
    [{ tags: [{ key: "ok", value: "x".repeat(129) }] }, /tags\.0\.value/],
    [{ user_data: "x".repeat(1_000_001) }, /user_data/],
    [{ image: {} }, /image/],
    [{ quantity: 2 }, /^Requested too many instances\.$/],
    [{ regionName: "typo" }, /regionName/],
  ];
  for (const [change, message] of wrong) {
    const body = { ...launch, ...change };
    const answer = await lab.api.call("POST", "/instance-operations/launch", { body, wrong: true });
    expect(code(answer), JSON.stringify(change)).toBe("400 global/invalid-parameters");
    expect(String(answer.json.error?.message)).toMatch(message);
  }
  const body = { ...launch, quantity: 1 };
  expect((await lab.api.call("POST", "/instance-operations/launch", { body, wrong: true })).status).toBe(200);
});
