import { lookup as resolve } from "node:dns";
import { request } from "node:https";
import type { LookupFunction } from "node:net";
import type { Door } from "./ask.ts";
import type { GatewayView } from "./judge.ts";

interface Reply {
  status: number;
  text: string;
}

function ask(
  method: "GET" | "HEAD",
  url: string,
  { address, ca, timeout }: Door,
  token?: string,
): Promise<Reply> {
  const lookup: LookupFunction = (host, options, done) => resolve(address ?? host, options, done);
  return new Promise((done, reject) => {
    const asked = request(url, {
      ...(ca && { ca, allowPartialTrustChain: true }),
      lookup,
      method,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      agent: false,
    });
    asked.setTimeout(timeout * 1000, () => asked.destroy(new Error(`no answer within ${timeout} s`)));
    asked.on("error", reject);
    asked.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    asked.end();
  });
}

/**
 * What a gateway that lets in an identity provider's tokens alone says of its servers, at `<url>/status`, which is open to
 * clients; and whether it refuses who has none of those tokens. Never throws.
 */
export async function readHealths(url: string, door: Door): Promise<GatewayView> {
  try {
    const [{ status, text }, refused] = await Promise.all([
      ask("GET", `${url}/status`, door, door.token),
      // It looks at the token first, and at what is asked for only then.
      ask("HEAD", url, door),
    ]);
    if (status !== 200) throw new Error(`${url}/status answers ${status}`);
    if (refused.status !== 401) throw new Error(`${url} answers ${refused.status} without a token, not 401`);
    const { backends } = JSON.parse(text) as { backends?: { name: string; health: string }[] };
    if (!Array.isArray(backends)) throw new Error(`${url}/status names no backends`);
    return {
      ready: true,
      offered: [],
      healths: Object.fromEntries(backends.map(({ name, health }) => [name, health])),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ready: false, offered: [], healths: {}, reason };
  }
}
