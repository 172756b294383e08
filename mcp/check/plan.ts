import type { GatewayAccess } from "./access.ts";
import type { CheckedServer } from "./judge.ts";

/** Input of the check; holds no secrets. */
export interface Plan {
  servers: CheckedServer[];
  gateway: GatewayAccess;
  /** Name of Nginx inside the cluster, to connect to instead of the URLs' host. */
  address: string;
  /** PEM of the certificate that Nginx serves; trusted directly, whatever authority signed it. */
  certificate: string;
  /** Seconds after which a server that does not respond is a failure. */
  deadline: number;
}
