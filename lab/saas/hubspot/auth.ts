import { randomUUID } from "node:crypto";

/** What the account accepts. */
export interface HubSpotCredentials {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  /** Token of a private app. */
  accessToken?: string;
}

/** Seconds that an access token lives, as at HubSpot. */
const lifetime = 1800;

/** Who may call: an app by OAuth with short-lived tokens, or a private app by its token. */
export class Auth {
  readonly #credentials: HubSpotCredentials;
  readonly #tokens = new Map<string, number>();

  constructor(credentials: HubSpotCredentials) {
    this.#credentials = credentials;
  }

  /** A new access token, or why there is none. */
  token(form: Record<string, unknown>): { access_token: string; expires_in: number } | { refused: string } {
    const { clientId, clientSecret, refreshToken } = this.#credentials;
    if (form.grant_type !== "refresh_token") return { refused: "BAD_GRANT_TYPE" };
    if (form.client_id !== clientId) return { refused: "BAD_CLIENT_ID" };
    if (form.client_secret !== clientSecret) return { refused: "BAD_CLIENT_SECRET" };
    if (form.refresh_token !== refreshToken) return { refused: "BAD_REFRESH_TOKEN" };
    const token = randomUUID();
    this.#tokens.set(token, Date.now() + lifetime * 1000);
    return { access_token: token, expires_in: lifetime };
  }

  knows(header: string | undefined): boolean {
    const token = header?.replace(/^Bearer /, "");
    if (!token) return false;
    return token === this.#credentials.accessToken || (this.#tokens.get(token) ?? 0) > Date.now();
  }

  /** Ends all access tokens; the refresh token stays valid. */
  expire(): void {
    this.#tokens.clear();
  }
}
