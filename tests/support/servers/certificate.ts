import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A certificate that is its own authority for an address, or for other names, made anew in a folder. */
export function certificateIn(
  folder: string,
  address = "127.0.0.1",
  names: readonly string[] = [`IP:${address}`],
): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, "server.key"), join(folder, "server.crt")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const subject = ["-subj", "/CN=test", "-addext", `subjectAltName=${names.join(",")}`];
  execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", certificate], {
    stdio: "ignore",
  });
  return { key, certificate };
}
