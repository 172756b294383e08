import { lookup as resolve } from "node:dns";
import { request } from "node:https";
import type { LookupFunction } from "node:net";
import { messageOf } from "../../components/core/errors.ts";
import type { Access } from "./access.ts";
import type { GatewayView } from "./judge.ts";

interface Reply {
  status: number;
  text: string;
}

function send(
  method: "GET" | "HEAD",
  url: string,
  { address, ca, timeout }: Access,
  token?: string,
): Promise<Reply> {
  const lookup: LookupFunction = (host, options, done) => resolve(address ?? host, options, done);
  return new Promise((done, reject) => {
    const sent = request(url, {
      ...(ca && { ca, allowPartialTrustChain: true }),
      lookup,
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      agent: false,
    });
    sent.setTimeout(timeout * 1000, () => sent.destroy(new Error(`no response within ${timeout} s`)));
    sent.on("error", reject);
    sent.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    sent.end();
  });
}

interface Backend {
  name: string;
  health: string;
  auth_type?: string;
}

/**
 * A server that is `degraded` answered, slowly or after it missed a check, and the gateway offers its tools. The gateway
 * calls a server healthy that refuses the token which the gateway adds, so of servers with such a token this word says only
 * that they respond. Pure.
 */
function heard({ health, auth_type = "unauthenticated" }: Backend): string {
  if (health !== "healthy" && health !== "degraded") return health;
  return auth_type === "unauthenticated" ? "healthy" : "unverified";
}

/**
 * For a gateway that accepts only an identity provider's tokens: the health of its servers as reported at `<url>/status`,
 * which accepts the tokens of clients, and whether it refuses a request without a token. Never throws.
 */
export async function readHealths(url: string, access: Access): Promise<GatewayView> {
  try {
    const [{ status, text }, refused] = await Promise.all([
      send("GET", `${url}/status`, access, access.token),
      // The gateway checks the token before the method.
      send("HEAD", url, access),
    ]);
    if (status !== 200) throw new Error(`${url}/status responds ${status}`);
    if (refused.status !== 401) throw new Error(`${url} responds ${refused.status} without a token, not 401`);
    const { backends } = JSON.parse(text) as { backends?: Backend[] };
    if (!Array.isArray(backends)) throw new Error(`${url}/status has no field "backends"`);
    return {
      ready: true,
      offered: [],
      healths: Object.fromEntries(backends.map((backend) => [backend.name, heard(backend)])),
    };
  } catch (error) {
    const reason = messageOf(error);
    return { ready: false, offered: [], healths: {}, reason };
  }
}
