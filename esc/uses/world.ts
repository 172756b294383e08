import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** Digests of all inputs of a program's resources, by type and name. */
export type Registered = Map<string, string>;

const certificate = Buffer.from("of nobody").toString("base64");
const kubeconfig = JSON.stringify({
  clusters: [
    { name: "k", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": certificate } },
  ],
  contexts: [{ name: "k" }],
  users: [{ name: "k", user: { "client-certificate-data": certificate, "client-key-data": certificate } }],
});
const identity = JSON.stringify({
  clusterId: "00000000-0000-4000-8000-000000000000",
  agentToken: `K10${"0".repeat(64)}::node:nobody`,
});

const digest = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** What the outside would answer, as far as the program reads it. */
function outputsOf(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const number = (createHash("sha256").update(name).digest()[0] ?? 0) % 250;
  if (type.endsWith(":RandomPassword")) return { result: digest(name) };
  if (type.endsWith(":Command")) {
    return { stdout: name.endsWith("-kubeconfig") ? kubeconfig : name.endsWith("-identity") ? identity : "" };
  }
  if (type.endsWith(":Instance")) {
    return {
      address: `192.0.2.${number + 1}`,
      privateAddress: `10.0.0.${number + 1}`,
      hostname: name,
      instanceType: "gpu_1x_a10",
      region: "us-west-1",
      gpus: 1,
      hourlyUsd: 1,
      status: "active",
      adopted: false,
    };
  }
  // In truth another for every key, but a host that runs does not mind.
  if (type.endsWith(":SshKey")) return { keyName: name };
  if (type.endsWith(":InstanceClaim")) return { claim: name };
  if (type === "kubernetes:core/v1:Service") {
    return { spec: { ...(inputs.spec as object | undefined), clusterIP: `10.43.0.${number + 1}` } };
  }
  if (type.endsWith(":FileSystem")) return { bytesUsed: 0 };
  if (type.endsWith(":HostKey")) return { hostKey: "ssh-ed25519 of-nobody" };
  return {};
}

/**
 * Runs the program whole, up to the engine: nothing is made, and every resource that it asks for is noted.
 * @param config by key, as in a stack file
 */
export async function runProgram(
  stack: string,
  config: Record<string, string>,
  secretKeys: string[],
): Promise<Registered> {
  const registered: Registered = new Map();
  pulumi.runtime.setAllConfig(config);
  // What the program has to say is of no interest here, where it runs once for each secret.
  Object.assign(pulumi.log, { info: () => undefined });
  // The SDK writes a stack trace for each promise, which takes more time than all else here.
  Error.stackTraceLimit = 0;
  // As the language host says it.
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secretKeys);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered.set(`${type} ${name}`, digest(inputs));
        return { id: `${name}-id`, state: { ...inputs, ...outputsOf(type, name, inputs) } };
      },
      call: () => ({}),
    },
    "sophia-infra",
    stack,
    true,
  );
  // Another address makes Node run the module once more.
  runs += 1;
  await import(`../../index.ts?run=${runs}`);
  await pulumi.runtime.disconnect();
  return registered;
}
let runs = 0;
