import { type Era, type Probe, probe } from "../probe.ts";
import { type Answer, type CheckedServer, type GatewayView, judged, type ServerCheck } from "./judge.ts";
import { readHealths } from "./status.ts";

/** How whoever checks gets in. */
export interface Door {
  /** Address or name to connect to instead of what the URL says. */
  address?: string | undefined;
  /** PEM of what to trust besides the system's authorities. */
  ca?: string | undefined;
  /** Of a client. */
  token?: string | undefined;
  /** Seconds for each request. */
  timeout: number;
}

export interface GatewayDoor {
  url: string;
  /** Only an identity provider's tokens get in, and who checks has none: then the gateway's own view is asked for. */
  oidc: boolean;
}

export const eras: Era[] = ["2025-11-25", "2026-07-28"];
const isEra = (text: string): text is Era => eras.some((era) => era === text);

type Ask = (url: string, era: Era) => Promise<Probe>;

/** Asks every server that is on, and the gateway, as a real client does, all at once. Never throws. */
export async function askAll(
  servers: readonly CheckedServer[],
  gateway: GatewayDoor | undefined,
  door: Door,
): Promise<{ servers: ServerCheck[]; gateway: GatewayView | undefined }> {
  const { address, ca, token, timeout } = door;
  const ask: Ask = (url, era) =>
    probe({ url, era, timeout, ...(address && { address }), ...(ca && { ca }), ...(token && { token }) });
  const [view, ...direct] = await Promise.all([
    gateway && (gateway.oidc ? readHealths(gateway.url, door) : askGateway(gateway.url, ask)),
    ...servers.map((server) => askDirectly(server, ask)),
  ]);
  return {
    servers: servers.map((server, index) => judged(server, direct[index] ?? [], view)),
    gateway: view,
  };
}

async function askGateway(url: string, ask: Ask): Promise<GatewayView> {
  const offered = await Promise.all(eras.map((era) => ask(url, era)));
  const failed = offered.findIndex(({ ready }) => !ready);
  return {
    ready: failed < 0,
    offered,
    ...(failed >= 0 && { reason: `${eras[failed]}: ${offered[failed]?.reason}` }),
  };
}

async function askDirectly({ enabled, url, revisions }: CheckedServer, ask: Ask): Promise<Answer[]> {
  if (!enabled || url === undefined) return [];
  return Promise.all(
    revisions.filter(isEra).map(async (era) => {
      const start = performance.now();
      const answer = await ask(url, era);
      return { era, ms: Math.round(performance.now() - start), ...answer };
    }),
  );
}
