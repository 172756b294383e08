import { images, listedRegions } from "../../backend/catalogue.ts";
import { InvalidParameters } from "../../backend/errors.ts";
import { instanceTypes } from "../../data/instanceTypes.ts";
import { regions } from "../../data/regions.ts";
import { auditEvent, image, instanceType } from "../render.ts";
import { auditQuery, nothing } from "../requests.ts";
import { data, type Route, route } from "../route.ts";

const auditPage = 50;

export const catalogueRoutes: Route[] = [
  route("GET", "/instance-types", "listInstanceTypes", {
    query: nothing,
    body: nothing,
    answer: ({ backend: { state } }) =>
      data(
        Object.fromEntries(
          instanceTypes.map((type) => [
            type.name,
            {
              instance_type: instanceType(type, state.quirks.undeclaredFields),
              regions_with_capacity_available: listedRegions(state, type),
            },
          ]),
        ),
      ),
  }),
  route("GET", "/images", "listImages", {
    query: nothing,
    body: nothing,
    answer: () => data(images.map(image)),
  }),
  route("GET", "/regions", "listRegions", { query: nothing, body: nothing, answer: () => data(regions) }),
  route("GET", "/audit-events", "getAuditEvents", {
    query: auditQuery,
    body: nothing,
    answer: ({ backend, query }) => {
      const events = backend.auditEvents({
        start: query.start,
        end: query.end,
        resource: query.resource_type,
      });
      const start = events.findIndex(({ id }) => id === query.page_token) + 1;
      if (query.page_token !== undefined && start === 0)
        throw new InvalidParameters("page_token: not a token of this list");
      const page = events.slice(start, start + auditPage);
      const last = page.at(-1);
      return {
        ...data(page.map((event) => auditEvent(backend, event))),
        page_token: last && last !== events.at(-1) ? last.id : null,
      };
    },
  }),
];
