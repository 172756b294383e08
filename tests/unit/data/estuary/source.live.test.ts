import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../../components/core/wait.ts";
import { HubspotSource } from "../../../../data/quality/source/hubspot.ts";
import { holding } from "../../../support/pipeline/alerts.ts";
import { checksOf, never } from "./support/checks.ts";
import { addRecords } from "./support/faults.ts";
import { seeded, startFlow } from "./support/flow.ts";

test("P5 HubSpot that refuses for good, of which Estuary says nothing, alerts and recovers by itself", async () => {
  const flow = await startFlow();
  const { saas, said, wrong } = flow;
  const { credentials } = saas.hubspotConfig;
  if (credentials.credentials_title !== "OAuth Credentials") throw new Error("other credentials");
  const hubspot = new HubspotSource({
    url: saas.hubspotUrl,
    clientId: credentials.client_id,
    clientSecret: credentials.client_secret,
    refreshToken: credentials.refresh_token,
  });
  /** Seconds that the checks' clock is ahead. */
  let ahead = 0;
  const now = () => Date.now() / 1000 + ahead;
  const { look, close } = checksOf(flow, { source: { hubspot, interval: 0 }, now });
  const alerts = async () => {
    const found = await look();
    const wanted = /^Pipeline(Source|Task)/;
    return holding(found, never).filter((alert) => wanted.test(alert));
  };
  const becomes = (wanted: string[]) =>
    waitFor({ what: `alerts: ${wanted.join() || "none"}`, deadline: 120, interval: 0.1 }, async () => {
      const fired = await alerts();
      return fired.join() === wanted.join() ? true : notYet(`${fired}; ${said.at(-1)}`);
    });
  let rows: number = seeded.hubspot_contacts;
  const arrive = () =>
    waitFor({ what: `${rows} contacts in both places`, deadline: 120, interval: 0.1 }, async () => {
      const fault = await wrong("hubspot_contacts", rows);
      return fault === undefined ? true : notYet(fault);
    });
  try {
    expect(await alerts()).toEqual([]);

    for (const kind of ["rateLimited", "serverError"]) {
      await saas.order("hubspot", "faults", { kind, retryAfter: 0 });
      rows += await addRecords(flow, "hubspot_contacts");
      // And no PipelineTaskFailed.
      await becomes(["PipelineSourceRefuses hubspot_contacts", "PipelineSourceRefuses hubspot_deals"]);
      await saas.order("hubspot", "faults", { clear: true });
      await arrive();
      await becomes([]);
    }

    // HubSpot answers the checks, and not the connector.
    await saas.order("hubspot", "faults", { kind: "rateLimited", retryAfter: 0, path: "/batch/read" });
    rows += await addRecords(flow, "hubspot_contacts");
    expect(await alerts()).toEqual([]);
    ahead = 5400 + 60;
    await becomes(["PipelineSourceAhead hubspot_contacts"]);
    await saas.order("hubspot", "faults", { clear: true });
    await arrive();
    await becomes([]);
  } finally {
    await close();
    for (const client of [flow.staging, flow.warehouse]) await client.end();
  }
}, 300_000);
