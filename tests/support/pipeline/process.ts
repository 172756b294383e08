/** The lab's plane in a process of its own, to be killed. Reads what it runs from standard input. */
import { text } from "node:stream/consumers";
import pg from "pg";
import { createPlane } from "../../../lab/saas/estuary/plane/create.ts";
import type { LiveSpecs } from "../../../lab/saas/estuary/plane/types.ts";
import { spokenTo } from "./warehouse.ts";

interface Given {
  specs: LiveSpecs;
  hubspotUrl: string;
  slackUrl: string;
  backlogs: string;
  warehouse: pg.ClientConfig;
}

const { specs, warehouse, ...urls } = JSON.parse(await text(process.stdin)) as Given;
const connect = async () => {
  const client = new pg.Client(warehouse);
  await client.connect();
  return client;
};
const trouble = { down: false, failAfter: Number.POSITIVE_INFINITY };
const plane = createPlane({
  ...urls,
  openWarehouse: spokenTo(connect, trouble),
  poll: 0.05,
  review: 0.2,
  backoff: { first: 0.05, most: 0.3 },
  // Small, so that there are many moments to be killed at.
  room: { documents: 300, bytes: 1_000_000 },
  log: (line) => process.stderr.write(`${line}\n`),
});
plane.apply(specs);
