import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** A certificate for an address that is its own authority, made anew in a folder. */
export function certificateIn(folder: string, address = "127.0.0.1"): { key: string; certificate: string } {
  const [key, certificate] = [join(folder, "server.key"), join(folder, "server.crt")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=test", "-addext", `subjectAltName=IP:${address}`];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", certificate], {
    stdio: "ignore",
  });
  return { key, certificate };
}
