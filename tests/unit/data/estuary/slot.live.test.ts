import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dropSlot, type SlotProps } from "../../../../data/estuary/slot/drop.ts";
import { provider } from "../../../../data/estuary/slot/provider.ts";
import { startPostgres, type TestPostgres } from "../../../support/servers/databases/postgres.ts";
import { freePort } from "../../../support/servers/ports.ts";
import { sshKeyPair } from "../../../support/sshKey.ts";
import { someSecret } from "./support/estuary.ts";
import { tunnelHost } from "./support/tunnel.ts";

const password = someSecret();
describe("the replication slot", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres({
      wal_level: "logical",
      max_replication_slots: "4",
      max_wal_senders: "4",
    });
    const admin = await postgres.admin();
    await admin.query(`CREATE ROLE flow_capture LOGIN REPLICATION PASSWORD '${password}'`);
    await admin.end();
  });
  afterAll(() => postgres?.stop());

  const props = async (): Promise<SlotProps> => ({
    slot: "flow_slot",
    database: "postgres",
    user: "flow_capture",
    password,
    address: `127.0.0.1:${postgres.port}`,
    tunnel: await tunnelHost(),
    ca: readFileSync(postgres.caFile, "utf8"),
    serverName: "127.0.0.1",
  });
  const slots = async () => {
    const admin = await postgres.admin();
    const { rows } = await admin.query("SELECT slot_name, active FROM pg_replication_slots");
    await admin.end();
    return rows;
  };
  const make = async () => {
    const admin = await postgres.admin();
    await admin.query("SELECT pg_create_logical_replication_slot('flow_slot', 'pgoutput')");
    await admin.end();
  };

  test("P1 is dropped through the tunnel when its resource is deleted, also twice", async () => {
    await make();
    const given = await props();
    const made = await provider.create?.(given);
    expect(made).toMatchObject({ id: "flow_slot" });
    expect(await slots()).toHaveLength(1);
    await provider.delete?.("flow_slot", given);
    expect(await slots()).toEqual([]);
    expect(await dropSlot(given)).toBe("replication slot flow_slot is gone already");
  });

  test("P1 is taken from whoever still reads it", async () => {
    await make();
    const reader = new pg.Client({
      host: "127.0.0.1",
      port: postgres.port,
      user: "flow_capture",
      password,
      database: "postgres",
      // Known to the driver, not to its types.
      replication: "database",
    } as pg.ClientConfig);
    reader.on("error", () => undefined);
    await reader.connect();
    void reader
      .query("START_REPLICATION SLOT flow_slot LOGICAL 0/0 (proto_version '1', publication_names 'none')")
      .catch(() => undefined);
    await expect.poll(async () => (await slots())[0]?.active, { timeout: 60_000 }).toBe(true);
    expect(await dropSlot(await props())).toBe("replication slot flow_slot is dropped");
    expect(await slots()).toEqual([]);
    await reader.end().catch(() => undefined);
  });

  test("what cannot be reached any more is no failure, and it is said what to do", async () => {
    const given = await props();
    const nobody = { ...given, address: `127.0.0.1:${await freePort()}` };
    expect(await dropSlot(nobody, 0)).toMatch(
      /not dropped, PostgreSQL was not reached.*pg_drop_replication_slot/,
    );
    const gone = {
      ...given,
      tunnel: { ...given.tunnel, endpoint: `ssh://estuary@127.0.0.1:${await freePort()}` },
    };
    expect(await dropSlot(gone, 0)).toMatch(/SSH at 127.0.0.1/);
  });

  test("P1 a host that refuses the key or the address fails the removal, which says how to go on: the slot is still there", async () => {
    await make();
    const given = await props();
    const stale = { ...given, tunnel: { ...given.tunnel, privateKey: sshKeyPair().private } };
    const goOn = /flow_slot.*not dropped.*pg_drop_replication_slot\('flow_slot'\).*pulumi state delete/s;
    await expect(dropSlot(stale)).rejects.toThrow(/refuses the key of estuary/);
    await expect(provider.delete?.("flow_slot", stale)).rejects.toThrow(goOn);
    const elsewhere = { ...given, tunnel: await tunnelHost(false) };
    await expect(dropSlot(elsewhere)).rejects.toThrow(/does not forward to 127.0.0.1/);
    await expect(provider.delete?.("flow_slot", elsewhere)).rejects.toThrow(goOn);
    expect(await slots()).toHaveLength(1);
    expect(await dropSlot(given)).toBe("replication slot flow_slot is dropped");
  });

  test("S1 a wrong password, and a server of another name, are refused", async () => {
    const given = await props();
    await expect(dropSlot({ ...given, password: someSecret() })).rejects.toThrow(
      /password authentication failed/,
    );
    await expect(dropSlot({ ...given, serverName: "postgres-rw.data.svc" })).rejects.toThrow(/altnames/);
  });
});
