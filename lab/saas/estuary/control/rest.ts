import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { ControlPlane } from "./controlPlane.ts";
import { prometheus, statusOf } from "./monitor.ts";
import { encryptConfig } from "./sops.ts";
import type { Publication } from "./state.ts";

export interface Answer {
  status: number;
  /** An object goes as JSON, a string as plain text. */
  body: unknown;
}
export interface Asked {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

/** Seconds that an access token is valid. */
const tokenLife = 3600;
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Keys of the service account, and the access tokens that they are exchanged for. */
export class Keys {
  readonly #keys: () => readonly string[];
  readonly #control: ControlPlane;
  /** @param keys Read at each request, so that they can be changed. */
  constructor(keys: () => readonly string[], control: ControlPlane) {
    this.#keys = keys;
    this.#control = control;
  }

  isKey(given: string): boolean {
    return given.startsWith("flow_sa_") && this.#keys().includes(given);
  }

  token(): string {
    const claims = `${part({ alg: "HS256", typ: "JWT" })}.${part({
      role: "authenticated",
      exp: Math.floor(this.#control.now() / 1000) + tokenLife,
    })}`;
    return `${claims}.${this.#sign(claims)}`;
  }

  isToken(given: string): boolean {
    const at = given.lastIndexOf(".");
    const [claims, signature] = [given.slice(0, at), Buffer.from(given.slice(at + 1))];
    const right = Buffer.from(this.#sign(claims));
    if (signature.length !== right.length || !timingSafeEqual(signature, right)) return false;
    const { exp } = JSON.parse(Buffer.from(claims.split(".")[1] ?? "", "base64url").toString());
    return Number(exp) * 1000 > this.#control.now();
  }

  /** What the agent API accepts as bearer. */
  accepts(authorization: string | undefined): boolean {
    const given = authorization?.replace(/^Bearer /, "") ?? "";
    return this.isKey(given) || this.isToken(given);
  }

  #sign(claims: string): string {
    return createHmac("sha256", this.#control.masterKey).update(claims).digest("base64url");
  }
}

const tokenRequest = z.strictObject({ grant_type: z.literal("api_key"), api_key: z.string() });

/** The agent API beside GraphQL: tokens, status, metrics. Undefined where it has no such path. */
export function agent(control: ControlPlane, keys: Keys, asked: Asked, path: string): Answer | undefined {
  if (path === "/api/v1/auth/token" && asked.method === "POST") {
    const request = tokenRequest.safeParse(asked.body);
    if (!request.success) return { status: 400, body: { error: "malformed token request" } };
    if (!keys.isKey(request.data.api_key))
      return { status: 401, body: { error: "invalid, expired, or unknown credential" } };
    return { status: 200, body: { access_token: keys.token() } };
  }
  if (asked.method !== "GET") return undefined;
  const metrics = /^\/api\/v1\/metrics\/(.+)$/.exec(path)?.[1];
  if (metrics !== undefined) {
    const prefix = decodeURIComponent(metrics);
    if (!prefix.endsWith("/"))
      return { status: 400, body: { error: `prefix "${prefix}" must end with a trailing '/' slash` } };
    return { status: 200, body: prometheus(control, prefix) };
  }
  if (path === "/api/v1/catalog/status") return status(control, asked.url.searchParams.getAll("name"));
  return undefined;
}

function status(control: ControlPlane, names: readonly string[]): Answer {
  const { live } = control.store.state;
  const missing = names.filter((name) => !live[name]);
  if (missing.length > 0)
    return { status: 404, body: { error: `no live specs found for names: [${missing.join(", ")}]` } };
  const rows = names.map((name) => {
    const found = statusOf(control, name);
    return {
      catalog_name: name,
      spec_type: live[name]?.type,
      live_spec_id: live[name]?.id,
      last_pub_id: live[name]?.lastPubId,
      disabled: found?.type === "TASK_DISABLED",
      summary: { status: found?.type.toLowerCase(), message: found?.summary },
    };
  });
  return { status: 200, body: rows };
}

const newPublication = z.strictObject({
  draft_id: z.string(),
  dry_run: z.boolean().default(false),
  detail: z.string().optional(),
  data_plane_name: z.string().optional(),
});
const row = ({ id, draftId, dryRun, detail, type, incompatible }: Publication) => ({
  id,
  draft_id: draftId,
  dry_run: dryRun,
  detail: detail ?? null,
  job_status: { type, ...(incompatible.length > 0 && { incompatible_collections: incompatible }) },
  logs_token: "00000000-0000-4000-8000-000000000000",
});

/** PostgREST, as far as publications are started and read there. It takes access tokens, and never a key. */
export function postgrest(control: ControlPlane, keys: Keys, asked: Asked, path: string): Answer {
  if (!asked.headers.apikey) return { status: 401, body: { message: "No API key found in request" } };
  const bearer = asked.headers.authorization?.replace(/^Bearer /, "") ?? "";
  if (!keys.isToken(bearer)) return { status: 401, body: { code: "PGRST301", message: "JWT invalid" } };
  if (path === "/publications" && asked.method === "POST") {
    const given = newPublication.safeParse(asked.body);
    if (!given.success)
      return { status: 400, body: { code: "PGRST102", message: z.prettifyError(given.error) } };
    const { draft_id, dry_run, detail } = given.data;
    return { status: 201, body: [row(control.queue(draft_id, { dryRun: dry_run, detail }))] };
  }
  if (path === "/publications" && asked.method === "GET") {
    const { publications } = control.store.state;
    const wanted = asked.url.searchParams.get("id")?.replace(/^eq\./, "");
    const draft = asked.url.searchParams.get("draft_id")?.replace(/^eq\./, "");
    const found = Object.values(publications).filter(
      ({ id, draftId }) =>
        (wanted === undefined || id === wanted) && (draft === undefined || draftId === draft),
    );
    return { status: 200, body: found.map(row) };
  }
  return {
    status: 404,
    body: { code: "PGRST205", message: `${asked.method} ${path} is not emulated; there is /publications` },
  };
}

const encryptRequest = z.strictObject({
  config: z.record(z.string(), z.unknown()),
  schema: z.record(z.string(), z.unknown()),
});

/** The service that encrypts what a schema marks as secret. */
export function encryption(control: ControlPlane, asked: Asked, path: string): Answer {
  if (path !== "/v1/encrypt-config" || asked.method !== "POST")
    return { status: 404, body: { error: "not found" } };
  const given = encryptRequest.safeParse(asked.body);
  if (!given.success) return { status: 400, body: { error: z.prettifyError(given.error) } };
  const { config, schema } = given.data;
  return { status: 200, body: encryptConfig(control.masterKey, config, schema, new Date(control.now())) };
}
