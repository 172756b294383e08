import { createHash } from "node:crypto";

const certificate = Buffer.from("fake").toString("base64");
const kubeconfig = JSON.stringify({
  clusters: [
    { name: "k", cluster: { server: "https://127.0.0.1:6443", "certificate-authority-data": certificate } },
  ],
  contexts: [{ name: "k" }],
  users: [{ name: "k", user: { "client-certificate-data": certificate, "client-key-data": certificate } }],
});
const identity = JSON.stringify({
  clusterId: "00000000-0000-4000-8000-000000000000",
  agentToken: `K10${"0".repeat(64)}::node:fake`,
});

/** Digest of any value that has a form in JSON. */
export const digest = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** Outputs of a resource that the program reads, as hosts and vendors would report them. Pure. */
export function outputsOf(
  type: string,
  name: string,
  inputs: Record<string, unknown>,
): Record<string, unknown> {
  const number = (createHash("sha256").update(name).digest()[0] ?? 0) % 250;
  if (type.endsWith(":RandomPassword")) return { result: digest([name, inputs.keepers]) };
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
  // The real name depends on the key, but a running host keeps the key name of its launch.
  if (type.endsWith(":SshKey")) return { keyName: name };
  if (type.endsWith(":InstanceClaim")) return { claim: name };
  if (type === "kubernetes:core/v1:Service") {
    return { spec: { ...(inputs.spec as object | undefined), clusterIP: `10.43.0.${number + 1}` } };
  }
  if (type.endsWith(":FileSystem")) return { bytesUsed: 0 };
  // Unknown, it would hide what else the Secrets hold that it is in.
  if (type.endsWith(":SelfSignedCertificate")) return { certificate: digest(name), key: digest([name]) };
  if (type.endsWith(":CertificateSuccession"))
    return { certificate: digest(name), key: digest([name]), trusted: digest([name, name]) };
  if (type.endsWith(":HostKey")) return { hostKey: "ssh-ed25519 fake" };
  return {};
}
