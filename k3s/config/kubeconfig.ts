import { X509Certificate } from "node:crypto";
import { parse, parseDocument, stringify } from "yaml";
import { z } from "zod";
import { kubernetesApiPort } from "../../components/core/ports.ts";

const kubeconfigSchema = z.looseObject({
  clusters: z
    .array(
      z.strictObject({
        name: z.string(),
        cluster: z.looseObject({ server: z.url(), "certificate-authority-data": z.string().min(1) }),
      }),
    )
    .length(1),
  contexts: z.array(z.looseObject({ name: z.string() })).length(1),
  users: z
    .array(
      z.looseObject({
        name: z.string(),
        user: z.looseObject({
          "client-certificate-data": z.string().min(1),
          "client-key-data": z.string().min(1),
        }),
      }),
    )
    .length(1),
});

/** Days after which an update reads the kubeconfig again: fewer than the 90 before its end in which K3s renews it. */
const readAgainAfter = 60;

/** Changes when the kubeconfig must be read again, so that no update meets a certificate that has ended. */
export const kubeconfigPeriod = (now: Date): number =>
  Math.floor(now.getTime() / (readAgainAfter * 24 * 3600 * 1000));

export interface KubeconfigTarget {
  /** Address that clients reach; it must be in the server certificate (`tls-san`). */
  address: string;
  /** Name of cluster, user and context. */
  name: string;
}

/**
 * K3s's admin kubeconfig, which names the server's loopback address, for use from elsewhere. It is parsed and rebuilt;
 * certificates and key are kept, TLS verification stays enabled.
 *
 * @throws when the text is not what K3s writes; the message never contains any of its values.
 */
export function kubeconfigFor(text: string, { address, name }: KubeconfigTarget): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new Error("the server's kubeconfig is not valid YAML");
  const parsed = kubeconfigSchema.safeParse(document.toJS());
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "it"}: ${issue.message}`);
    throw new Error(`the server's kubeconfig is not one that K3s writes: ${faults.join("; ")}`);
  }
  const [cluster] = parsed.data.clusters;
  const [user] = parsed.data.users;
  const host = address.includes(":") ? `[${address}]` : address;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { ...cluster?.cluster, server: `https://${host}:${kubernetesApiPort}` } }],
    users: [{ name, user: user?.user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
    preferences: {},
  });
}

/** When the client certificate of a kubeconfig ends. */
export function certificateEnd(kubeconfig: string): Date {
  const [user] = kubeconfigSchema.parse(parse(kubeconfig)).users;
  const certificate = Buffer.from(user?.user["client-certificate-data"] ?? "", "base64");
  return new Date(new X509Certificate(certificate).validTo);
}
