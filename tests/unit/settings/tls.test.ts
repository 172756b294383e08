import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { selfSigned } from "../../../components/services/gpuMetrics/certificateProvider.ts";
import { tlsFaults } from "../../../components/settings/tls.ts";
import { certificateIn } from "../../support/servers/certificate.ts";
import { pem } from "./placeholders.ts";

const names = ["sophia.test", "*.apps.sophia.test"];
const now = Date.now();
const day = 24 * 3600 * 1000;
const { certificate, key } = await selfSigned(names, now);
const faultsOf = (given: object, at = now) =>
  tlsFaults({ certificate, key, hostnames: ["sophia.test"], ...given }, at).map(
    ({ path, message }) => `${path}: ${message}`,
  );

test("N1 a certificate with its own key, for all host names and at this time, is taken", () => {
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ hostnames: ["sophia.test", "one.apps.sophia.test"] })).toEqual([]);
});

test("N1 a chain is taken with the server's certificate first, and refused with it last", async () => {
  const authority = await selfSigned(["authority.test"]);
  expect(faultsOf({ certificate: certificate + authority.certificate })).toEqual([]);
  expect(faultsOf({ certificate: authority.certificate + certificate })).toEqual([
    expect.stringMatching(/^tlsCertificate: its first certificate is not that of tlsKey/),
    expect.stringMatching(/^tlsCertificate: is not for sophia\.test .* but for DNS:authority\.test/),
  ]);
});

test("N1 a key of another certificate is refused, and none of it is repeated", async () => {
  const other = await selfSigned(names, now);
  const faults = faultsOf({ key: other.key });
  expect(faults).toEqual([expect.stringMatching(/^tlsCertificate: its first certificate is not that of/)]);
  expect(faults.join()).not.toContain(other.key.split("\n")[1]);
});

test("N1 what is no certificate and no key is refused by name", () => {
  expect(faultsOf({ certificate: pem("CERTIFICATE"), key: pem("PRIVATE KEY") })).toEqual([
    expect.stringMatching(/^tlsKey: cannot be read \(.+\); it must be an unencrypted private key/),
    expect.stringMatching(/^tlsCertificate: cannot be read \(.+\); it must be a certificate chain/),
  ]);
});

test("N1 a certificate that has ended, or not begun, is refused with its date", () => {
  expect(faultsOf({}, now + 4000 * day)).toEqual([
    expect.stringMatching(/^tlsCertificate: ended at .* GMT;/),
  ]);
  expect(faultsOf({}, now - day)).toEqual([
    expect.stringMatching(/^tlsCertificate: is valid from .* GMT only/),
  ]);
});

test("N1 a host name that the certificate lacks is named with those that it has", () => {
  expect(faultsOf({ hostnames: ["sophia.test", "two.test"] })).toEqual([
    "tlsCertificate: is not for two.test of nginx.hostnames, but for DNS:sophia.test, DNS:*.apps.sophia.test; have it issued for all of them",
  ]);
});

test("N1 a host name that is only the certificate's common name is refused, as browsers refuse it", () => {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [own, ownKey] = [join(folder, "own.crt"), join(folder, "own.key")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const made = ["req", "-x509", ...kind, "-subj", "/CN=sophia.test", "-keyout", ownKey, "-out", own];
  execFileSync("openssl", made, { stdio: "ignore" });
  const given = { certificate: readFileSync(own, "utf8"), key: readFileSync(ownKey, "utf8") };
  expect(faultsOf(given, Date.now() + 60_000)).toEqual([
    "tlsCertificate: is not for sophia.test of nginx.hostnames, but for no name (a common name does not count); have it issued for all of them",
  ]);
});

test("N1 a name of which only a part is a wildcard is for no host name, as browsers see it", async () => {
  const own = await selfSigned(["so*.apps.test"]);
  expect(faultsOf({ ...own, hostnames: ["sophia.apps.test"] })).toHaveLength(1);
});

test("N1 an address must be in the certificate as one", () => {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = certificateIn(folder, "192.0.2.7");
  const [own, ownKey] = [readFileSync(files.certificate, "utf8"), readFileSync(files.key, "utf8")];
  const judged = (address: string) =>
    tlsFaults({ certificate: own, key: ownKey, hostnames: [address] }, Date.now() + 60_000);
  expect(judged("192.0.2.7")).toEqual([]);
  expect(judged("192.0.2.8")).toHaveLength(1);
});
