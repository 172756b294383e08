import type { Access, GatewayAccess } from "./access.ts";
import { type Answer, type CheckedServer, type GatewayView, judged, type ServerCheck } from "./judge.ts";
import { type Era, type Probe, probe } from "./probe.ts";
import { readHealths } from "./status.ts";

const eras: Era[] = ["2025-11-25", "2026-07-28"];
const isEra = (text: string): text is Era => eras.some((era) => era === text);

type Request = (url: string, era: Era) => Promise<Probe>;

/**
 * Checks every enabled server and the gateway as a real client, all at once. Never throws.
 *
 * @param names of all servers that run, where `servers` are only some of them
 */
export async function checkServers(
  servers: readonly CheckedServer[],
  gateway: GatewayAccess | undefined,
  access: Access,
  names: readonly string[] = servers.filter(({ enabled }) => enabled).map(({ name }) => name),
): Promise<{ servers: ServerCheck[]; gateway: GatewayView | undefined }> {
  const { address, ca, token, timeout } = access;
  const request: Request = (url, era) =>
    probe({ url, era, timeout, ...(address && { address }), ...(ca && { ca }), ...(token && { token }) });
  const [view, ...direct] = await Promise.all([
    gateway && (gateway.oidc ? readHealths(gateway.url, access) : checkGateway(gateway.url, request)),
    ...servers.map((server) => checkDirectly(server, request)),
  ]);
  return {
    servers: servers.map((server, index) => judged(server, direct[index] ?? [], view, names)),
    gateway: view,
  };
}

async function checkGateway(url: string, request: Request): Promise<GatewayView> {
  const offered = await Promise.all(eras.map((era) => request(url, era)));
  const failed = offered.findIndex(({ ready }) => !ready);
  return {
    ready: failed < 0,
    offered,
    ...(failed >= 0 && { reason: `${eras[failed]}: ${offered[failed]?.reason}` }),
  };
}

async function checkDirectly(
  { enabled, url, revisions }: CheckedServer,
  request: Request,
): Promise<Answer[]> {
  if (!enabled || url === undefined) return [];
  return Promise.all(
    revisions.filter(isEra).map(async (era) => {
      const start = performance.now();
      const answer = await request(url, era);
      return { era, ms: Math.round(performance.now() - start), ...answer };
    }),
  );
}
