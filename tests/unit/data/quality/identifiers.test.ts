import { expect, test } from "vitest";
import { warehouseScanOf } from "../../../../data/quality/checks/sql.ts";
import { streamChecks } from "../../../../data/quality/checks/streams.ts";
import { warehouseIdentifier, warehouseName } from "../../../../data/quality/warehouse/identifiers.ts";

test.each([
  ["gong_calls_staging", "GONG_CALLS_STAGING"],
  ["_loaded_at", "_LOADED_AT"],
  ["updatedAt", "UPDATEDAT"],
  ["user", "USER"],
  ["properties~1email", "properties~1email"],
  ["_meta/op", "_meta/op"],
  ["nächster", "nächster"],
  ["2nd", "2nd"],
  ["", ""],
  ["order", "order"],
  ["Start", "Start"],
])("P1 what Estuary calls %s has the name %s in the warehouse, as its connector writes it", (name, spelt) => {
  expect(warehouseName(name)).toBe(spelt);
  expect(warehouseIdentifier(name)).toBe(`"${spelt}"`);
});

test("P3 the warehouse is asked for tables and columns by the names that the connector gives them", () => {
  const messages = streamChecks.find(({ stream }) => stream === "slack_messages");
  if (!messages) throw new Error("there are no checks of slack_messages");
  expect(warehouseScanOf(messages)).toBe(
    'SELECT (SELECT count(*) FROM "SLACK_MESSAGES_STAGING") AS "rows", (SELECT count(*) FROM (SELECT DISTINCT "CHANNEL_ID", "TS"' +
      ' FROM "SLACK_MESSAGES_STAGING")) AS "keys", (SELECT max("_LOADED_AT") FROM "SLACK_MESSAGES_STAGING") AS "newest"',
  );
});
