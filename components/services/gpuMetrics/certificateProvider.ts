// First: what @peculiar/x509 is made with needs it when it is loaded.
import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type * as pulumi from "@pulumi/pulumi";

export interface CertificateProps {
  /** DNS names; the first is the common name. */
  names: string[];
}
export interface CertificateState extends CertificateProps {
  certificate: string;
  key: string;
}

const day = 24 * 3600 * 1000;
/** Long, for nothing renews it between updates; each update in its last year does. */
const life = 3650 * day;
const renewal = 365 * day;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * Makes a key and the certificate that it signs itself, PEM both.
 * @param lives how many times ten years it is valid
 */
export async function selfSigned(
  names: string[],
  now = Date.now(),
  lives: 1 | 2 = 1,
): Promise<CertificateState> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [names[0] ?? ""] }],
    // Clocks of hosts differ a little.
    notBefore: new Date(now - 3600 * 1000),
    notAfter: new Date(now + lives * life),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      // OpenSSL tells two trusted certificates of one name apart by these.
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    names,
    certificate: `${certificate.toString("pem")}\n`,
    key: `${PemConverter.encode(key, "PRIVATE KEY")}\n`,
  };
}

/** Whether it has less than a year to go. Pure. */
export const isOld = (certificate: string, now = Date.now()): boolean =>
  Date.parse(new X509Certificate(certificate).validTo) - now < renewal;

export const provider: pulumi.dynamic.ResourceProvider<CertificateProps, CertificateState> = {
  async diff(_id, olds, news) {
    const renamed = JSON.stringify(olds.names) !== JSON.stringify(news.names);
    return { changes: renamed || isOld(olds.certificate), replaces: [], stables: [] };
  },
  async create({ names }) {
    return { id: names[0] ?? "", outs: await selfSigned(names) };
  },
  async update(_id, _olds, { names }) {
    return { outs: await selfSigned(names) };
  },
};
