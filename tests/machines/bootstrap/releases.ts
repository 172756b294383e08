import { createHash } from "node:crypto";

/**
 * A program with the part of K3s's interface that install and configure rely on: a version, a unit that says when it is
 * ready, a kubelet's health, and refusal of a configuration it does not like.
 */
export function release(version: string, starts = true): string {
  return `#!/usr/bin/python3
import http.server, os, socket, sys
if sys.argv[1:] == ["--version"]:
    print("k3s version ${version} (0000000)\\ngo version go1.26")
    sys.exit(0)
if not ${starts ? "True" : "False"} or "refuse-me" in open("/etc/rancher/k3s/config.yaml").read():
    sys.exit("level=fatal msg=refused, and K10deadbeefdeadbeef::server:planted is no business of a log")
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
    def log_message(self, *_): pass
http.server.HTTPServer.allow_reuse_address = True
server = http.server.HTTPServer(("127.0.0.1", 10248), Health)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.connect(os.environ["NOTIFY_SOCKET"])
notify.send(b"READY=1")
server.serve_forever()
`;
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
