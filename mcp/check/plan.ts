import type { GatewayDoor } from "./ask.ts";
import type { CheckedServer } from "./judge.ts";

/** What the check is told; nothing of it is secret. */
export interface Plan {
  servers: CheckedServer[];
  gateway: GatewayDoor;
  /** Where Nginx is inside the cluster, whatever the host name says outside. */
  address: string;
  /** PEM of the certificate that Nginx serves: it is trusted for itself, whoever signed it. */
  certificate: string;
  /** Seconds until a server that does not answer is a failure. */
  deadline: number;
}
