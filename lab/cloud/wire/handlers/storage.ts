import { fileSystem, sshKey } from "../render.ts";
import * as requests from "../requests.ts";
import { data, type Route, route } from "../route.ts";

const { nothing } = requests;

const listFileSystems = (path: string): Route =>
  route("GET", path, "listFilesystems", {
    query: nothing,
    body: nothing,
    answer: ({ backend }) => data(backend.fileSystems.list().map((row) => fileSystem(backend, row))),
  });

/** Two spellings, as in reality: the hyphenated path only lists, and writing there is 405. */
export const storageRoutes: Route[] = [
  listFileSystems("/file-systems"),
  // Not in the document; a client that reads a later one uses it.
  listFileSystems("/filesystems"),
  route("POST", "/filesystems", "createFilesystem", {
    query: nothing,
    body: requests.fileSystem,
    answer: ({ backend, body }) =>
      data(fileSystem(backend, backend.fileSystems.create(body.name, body.region))),
  }),
  route("DELETE", "/filesystems/{id}", "filesystemDelete", {
    query: nothing,
    body: nothing,
    answer: ({ backend, id }) => {
      backend.fileSystems.delete(id);
      return data({ deleted_ids: [id] });
    },
  }),
  route("GET", "/ssh-keys", "listSSHKeys", {
    query: nothing,
    body: nothing,
    answer: ({ backend }) => data(backend.sshKeys.list().map(sshKey)),
  }),
  route("POST", "/ssh-keys", "addSSHKey", {
    query: nothing,
    body: requests.sshKey,
    answer: ({ backend, body }) => data(sshKey(backend.sshKeys.create(body.name, body.public_key))),
  }),
  route("DELETE", "/ssh-keys/{id}", "deleteSSHKey", {
    query: nothing,
    body: nothing,
    answer: ({ backend, id }) => {
      backend.sshKeys.delete(id);
      return data({});
    },
  }),
];
