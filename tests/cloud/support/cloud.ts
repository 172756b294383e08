import { onTestFinished } from "vitest";
import { type Cloud, type CloudOptions, startCloud } from "../../../lab/cloud/start.ts";
import { type Answer, CheckedApi } from "../../conformance/api.ts";
import { Contract } from "../../conformance/contract/contract.ts";
import { MemoryDriver } from "./driver.ts";

const contract = new Contract(undefined, { strict: true });

/** A syntactically right key that belongs to nobody. */
export const somePublicKey = `ssh-ed25519 ${Buffer.alloc(51, 7).toString("base64")} test`;

export interface TestCloud {
  cloud: Cloud;
  control: Cloud["control"];
  api: CheckedApi;
  driver: MemoryDriver;
  key: string;
  /** What the emulator logged. */
  lines: string[];
  /** Launches with a key called `k`, made when missing. */
  launch(body?: object): Promise<Answer>;
  /** The same, and its id. */
  launched(body?: object): Promise<string>;
  instance(id: string): Promise<Answer["json"]>;
}

/** An emulator whose time stands still and whose limits are off, ended with the test. Every exchange is checked. */
export async function testCloud(
  options: Partial<CloudOptions> & { driver?: MemoryDriver; limits?: boolean } = {},
): Promise<TestCloud> {
  const driver = options.driver ?? new MemoryDriver();
  const key = "secret_test_0123";
  const lines: string[] = [];
  const cloud = await startCloud({
    speed: 0,
    seed: "test",
    apiKeys: [key],
    log: (line) => lines.push(line),
    ...options,
    driver,
  });
  onTestFinished(() => cloud.close());
  const { control } = cloud;
  if (!options.limits) await control.setLimits({ enforced: false });
  const api = new CheckedApi({ url: cloud.url, key, contract });
  const launch = async (body: object = {}) => {
    const { json } = await api.call("GET", "/ssh-keys");
    if (!json.data?.some(({ name }) => String(name) === "k"))
      await api.call("POST", "/ssh-keys", { body: { name: "k", public_key: somePublicKey } });
    return api.call("POST", "/instance-operations/launch", {
      body: {
        region_name: "us-west-1",
        instance_type_name: "gpu_1x_a10",
        ssh_key_names: ["k"],
        ...body,
      },
    });
  };
  return {
    cloud,
    control,
    api,
    driver,
    key,
    lines,
    launch,
    launched: async (body) => {
      const { json, text, status } = await launch(body);
      if (status !== 200) throw new Error(`launch was refused: ${text}`);
      return String(json.data?.instance_ids?.[0]);
    },
    instance: async (id) => {
      const { json, text, status } = await api.call("GET", `/instances/${id}`);
      if (status !== 200) throw new Error(`instance ${id}: ${text}`);
      return json.data as Answer["json"];
    },
  };
}
