import { z } from "zod";

/** Who may call an aggregated API: Kubernetes's API server, by its front-proxy certificate. */
export interface FrontProxy {
  /** PEM; signs the certificate and nothing else. */
  ca: string;
  /** Common names; empty: any that the CA signed. */
  names: string[];
}

/** Where Kubernetes says it, for whoever extends its API. */
export const frontProxyPath = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication";

const configMap = z.object({
  data: z.object({
    "requestheader-client-ca-file": z.string().min(1),
    "requestheader-allowed-names": z
      .string()
      .default("[]")
      .transform((text) => JSON.parse(text))
      .pipe(z.array(z.string())),
  }),
});

/** @throws when the cluster has no aggregation layer, or the answer is something else */
export function frontProxyOf(body: unknown): FrontProxy {
  const parsed = configMap.safeParse(body);
  if (!parsed.success)
    throw new Error(
      `${frontProxyPath} does not say who the front proxy is: ${z.prettifyError(parsed.error)}\n` +
        "Kubernetes writes it when its API server runs with --requestheader-client-ca-file.",
    );
  const { data } = parsed.data;
  return { ca: data["requestheader-client-ca-file"], names: data["requestheader-allowed-names"] };
}

/** What TLS says of the other side. */
export interface Peer {
  /** Whether its certificate is signed by the front proxy's CA. */
  authorized: boolean;
  commonName: string | undefined;
}

/**
 * Why somebody is not let in; nothing for Kubernetes's API server, which has authenticated and authorized whoever asked
 * it. All others, whatever they hold, have no business here. Pure.
 */
export function refusal({ authorized, commonName }: Peer, { names }: FrontProxy): string | undefined {
  if (!authorized) return "only Kubernetes's API server is let in, by its front-proxy certificate";
  if (names.length === 0 || (commonName !== undefined && names.includes(commonName))) return undefined;
  return `the certificate is of ${commonName ?? "nobody"}, and the front proxy is ${names.join(" or ")}`;
}
