import { InvalidParameters } from "../../backend/errors.ts";
import { instance } from "../render.ts";
import * as requests from "../requests.ts";
import { data, type Route, route } from "../route.ts";

const { nothing, instanceIds } = requests;

export const instanceRoutes: Route[] = [
  route("GET", "/instances", "listInstances", {
    query: requests.instancesQuery,
    body: nothing,
    answer: ({ backend, query }) => {
      // The lab has no clusters, so none of its instances is in one.
      const rows = query.cluster_id === undefined ? backend.instances.list() : [];
      if (query.page_size === undefined && query.page_token === undefined)
        return data(rows.map((row) => instance(backend, row)));
      const start =
        query.page_token === undefined ? 0 : rows.findIndex(({ id }) => id === query.page_token) + 1;
      if (query.page_token !== undefined && start === 0)
        throw new InvalidParameters("page_token: not a token of this list");
      const page = rows.slice(start, start + (query.page_size ?? 100));
      const last = page.at(-1);
      return {
        ...data(page.map((row) => instance(backend, row))),
        page_token: last && last !== rows.at(-1) ? last.id : null,
      };
    },
  }),
  route("GET", "/instances/{id}", "getInstance", {
    query: nothing,
    body: nothing,
    answer: ({ backend, id }) => data(instance(backend, backend.instances.get(id))),
  }),
  route("POST", "/instances/{id}", "postInstance", {
    query: nothing,
    body: requests.rename,
    answer: ({ backend, id, body }) => data(instance(backend, backend.instances.rename(id, body.name))),
  }),
  route("POST", "/instance-operations/launch", "launchInstance", {
    query: nothing,
    body: requests.launch,
    answer: ({ backend, body }) => {
      const launched = backend.instances.launch({
        region: body.region_name,
        type: body.instance_type_name,
        sshKeyNames: body.ssh_key_names,
        name: body.name,
        hostname: body.hostname,
        image: body.image,
        userData: body.user_data,
        fileSystemNames: body.file_system_names,
        mounts: body.file_system_mounts.map((mount) => ({
          mountPoint: mount.mount_point,
          id: mount.file_system_id,
        })),
        tags: body.tags,
        rulesetIds: body.firewall_rulesets.map(({ id }) => id),
      });
      return data({ instance_ids: [launched.id] });
    },
  }),
  route("POST", "/instance-operations/restart", "restartInstance", {
    query: nothing,
    body: instanceIds,
    answer: ({ backend, body }) =>
      data({
        restarted_instances: backend.instances
          .restart(body.instance_ids)
          .map((row) => instance(backend, row)),
      }),
  }),
  route("POST", "/instance-operations/terminate", "terminateInstance", {
    query: nothing,
    body: instanceIds,
    answer: ({ backend, body }) =>
      data({
        terminated_instances: backend.instances
          .terminate(body.instance_ids)
          .map((row) => instance(backend, row)),
      }),
  }),
];
