import { NotEmulated } from "../backend/errors.ts";
import { catalogueRoutes } from "./handlers/catalogue.ts";
import { firewallRoutes } from "./handlers/firewall.ts";
import { instanceRoutes } from "./handlers/instances.ts";
import { storageRoutes } from "./handlers/storage.ts";
import type { Method, Route } from "./route.ts";

/** Operations that the document has and the emulator does not: each answers 501 with its name. */
const notEmulated: [Method, string, string][] = [
  ["POST", "/fabric", "createFabricPartition"],
  ["POST", "/fabric/{id}", "updateFabricPartition"],
  ["DELETE", "/fabric/{id}", "deleteFabricPartition"],
  ["GET", "/tickets", "listTickets"],
  ["POST", "/tickets", "createTicket"],
  ["GET", "/tickets/{id}", "getTicket"],
  ["PATCH", "/tickets/{id}", "updateTicket"],
  ["GET", "/tickets/{id}/attachments", "listAttachments"],
  ["POST", "/tickets/{id}/attachments", "initiateAttachmentUpload"],
  ["DELETE", "/tickets/{id}/attachments/{attachment}", "deleteAttachment"],
  ["POST", "/tickets/{id}/attachments/{attachment}/complete", "completeAttachmentUpload"],
  ["GET", "/tickets/{id}/attachments/{attachment}/download", "getAttachmentDownloadUrl"],
];

export const emulatedRoutes: readonly Route[] = [
  ...instanceRoutes,
  ...catalogueRoutes,
  ...storageRoutes,
  ...firewallRoutes,
];

export const refusedRoutes: readonly Route[] = notEmulated.map(([method, path, operation]) => ({
  method,
  path,
  operation,
  answer: () => {
    throw new NotEmulated(operation);
  },
}));

export const routes: readonly Route[] = [...emulatedRoutes, ...refusedRoutes];
