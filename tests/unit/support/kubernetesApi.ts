import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";

let made: { key: string; certificate: string } | undefined;

/** A certificate for 127.0.0.1 that is its own authority, made anew for each test file. */
function certificate(): { key: string; certificate: string } {
  if (made) return made;
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  const [key, file] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  const names = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", file], {
    stdio: "ignore",
  });
  made = { key: readFileSync(key, "utf8"), certificate: readFileSync(file, "utf8") };
  return made;
}

/** `url` has path and query; `respond` is the whole answer. */
type Route = (url: URL, response: ServerResponse) => void;

export interface FakeApi {
  url: string;
  /** Folder with `token` and `ca.crt`, as mounted for a service account. */
  credentials: string;
  kubeconfig: string;
  /** Paths with query of the requests that came, in order. */
  asked: string[];
  /** What the next requests get; default: empty lists. */
  answer: Route;
}

export const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

/** Kubernetes's API over TLS, as little as a test needs: it knows one token and answers what it is told to. */
export async function fakeKubernetes(): Promise<FakeApi> {
  const { key, certificate: cert } = certificate();
  const credentials = mkdtempSync(join(tmpdir(), "account-"));
  const token = "token-of-the-test";
  writeFileSync(join(credentials, "token"), `${token}\n`);
  writeFileSync(join(credentials, "ca.crt"), cert);
  const api: FakeApi = {
    url: "",
    credentials,
    kubeconfig: "",
    asked: [],
    answer: (_url, response) => json(response, { metadata: {}, items: [] }),
  };
  const server = createServer({ key, cert }, (request, response) => {
    api.asked.push(request.url ?? "");
    if (request.headers.authorization !== `Bearer ${token}`) return json(response, { kind: "Status" }, 401);
    api.answer(new URL(request.url ?? "/", "https://api.test"), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  api.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api.kubeconfig = stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [
      {
        name: "test",
        cluster: {
          server: api.url,
          "certificate-authority-data": Buffer.from(cert).toString("base64"),
        },
      },
    ],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  });
  return api;
}
