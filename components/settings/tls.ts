import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { messageOf } from "../core/errors.ts";

/** What Nginx is to serve: PEM both. */
interface Served {
  certificate: string;
  key: string;
  hostnames: readonly string[];
}

const parsed = <Value>(parse: () => Value): Value | string => {
  try {
    return parse();
  } catch (cause) {
    // OpenSSL's reasons name what it expected, never what it was given.
    return messageOf(cause);
  }
};

/**
 * What would keep Nginx from starting, or its clients from trusting it. A roll-back would not mend it: it restores the
 * chart's values, not the Secret with the certificate. Pure.
 * @param now milliseconds, as of `Date.now()`
 */
export function tlsFaults({ certificate, key, hostnames }: Served, now: number) {
  const faults: { path: "tlsCertificate" | "tlsKey"; message: string }[] = [];
  const leaf = parsed<X509Certificate>(() => new X509Certificate(certificate));
  const own = parsed<KeyObject>(() => createPrivateKey(key));
  if (typeof own === "string") {
    const message = `cannot be read (${own}); it must be an unencrypted private key, PEM`;
    faults.push({ path: "tlsKey", message });
  }
  if (typeof leaf === "string") {
    const message = `cannot be read (${leaf}); it must be a certificate chain in PEM, the server's own first`;
    return [...faults, { path: "tlsCertificate" as const, message }];
  }
  const say = (message: string) => faults.push({ path: "tlsCertificate", message });
  if (typeof own !== "string" && !leaf.checkPrivateKey(own))
    say("its first certificate is not that of tlsKey; put both into ESC together, the server's own first");
  const { validFrom, validTo } = leaf;
  if (Date.parse(validTo) <= now) say(`ended at ${validTo}; have it issued again, and put it into ESC`);
  if (Date.parse(validFrom) > now) say(`is valid from ${validFrom} only; put one into ESC that is valid now`);
  // As browsers: by the alternative names only, and a wildcard is a whole label.
  const isFor = (name: string) =>
    (isIP(name)
      ? leaf.checkIP(name)
      : leaf.checkHost(name, { subject: "never", partialWildcards: false })) !== undefined;
  const others = hostnames.filter((name) => !isFor(name));
  if (others.length > 0) {
    const names = leaf.subjectAltName ?? "no name (a common name does not count)";
    say(
      `is not for ${others.join(", ")} of nginx.hostnames, but for ${names}; have it issued for all of them`,
    );
  }
  return faults;
}
