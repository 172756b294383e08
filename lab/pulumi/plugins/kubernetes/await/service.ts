import { at, isMap, list, nameOf, namespaceOf, text } from "../object/access.ts";
import type { Awaiter } from "./awaiter.ts";
import { info } from "./awaiter.ts";
import { kinds, orUndefined } from "./related.ts";

/** Milliseconds without change after which the endpoints count as complete. */
const settling = 500;

/**
 * Ready when the endpoints have settled and none is on its way, and a load balancer has an address. A Service without
 * selector, without cluster address or for an external name has no endpoints to wait for.
 */
export const service: Awaiter = {
  onRead: true,
  judge: (context) => {
    let seen = "";
    let since = context.now();
    return async (live) => {
      const type = text(live, "spec", "type") || "ClusterIP";
      const selector = at(live, "spec", "selector");
      const selects = isMap(selector) && Object.keys(selector).length > 0;
      const addressed = type !== "LoadBalancer" || list(live, "status", "loadBalancer", "ingress").length > 0;
      const special = text(live, "spec", "clusterIP") === "None" || type === "ExternalName";
      if (addressed && (special || !selects)) return { ready: true };

      const endpoints = await orUndefined(
        context.cluster.get(kinds.endpoints, namespaceOf(live), nameOf(live)),
      );
      const version = text(endpoints, "metadata", "resourceVersion");
      if (version !== seen) since = context.now();
      seen = version;
      const subsets = list(endpoints, "subsets");
      const serving = subsets.some((subset) => list(subset, "addresses").length > 0);
      const pending = subsets.some((subset) => list(subset, "notReadyAddresses").length > 0);
      const settled = context.once || (endpoints !== undefined && context.now() - since >= settling);
      if (addressed && settled && !pending)
        return { ready: true, messages: [info("✅ Service initialization complete")] };
      const noPods =
        "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on any Pods";
      const noAddress = "Service was not allocated an IP address; does your cloud provider support this?";
      return {
        ready: false,
        reasons: [...(serving || special ? [] : [noPods]), ...(addressed ? [] : [noAddress])],
        messages: [
          info(
            settled && serving
              ? "[2/3] Attempting to allocate IP address to Service"
              : "[1/3] Finding Pods to direct traffic to",
          ),
        ],
      };
    };
  },
};
