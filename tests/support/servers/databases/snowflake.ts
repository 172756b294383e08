import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WarehouseClient } from "../../../../data/quality/warehouse/client.ts";
import { rsaPublicKeyOf } from "../../../../data/quality/warehouse/keyPair.ts";
import { labOf } from "../../../../lab/lab.ts";
import { fakesnow } from "../../../../lab/saas/snowflake/artefact.ts";
import { type RunningSnowflake, startSnowflake } from "../../../../lab/saas/snowflake/start.ts";
import { obtain } from "../../../../tools/artefacts/obtain.ts";

/** Made when the test runs, and known to nobody else. */
export const rsaKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();

export const administrator = "SCOOBYJAVA15";

export interface TestSnowflake extends RunningSnowflake {
  folder: string;
  /** Private key of the administrator. */
  privateKey: string;
  /** A client of the SQL API, as the administrator unless told otherwise. */
  client(as?: Partial<ConstructorParameters<typeof WarehouseClient>[0]>): WarehouseClient;
  control(path: string, body?: object): Promise<Response>;
  /** Starts again on the same folder and address, as after a stop of the lab. */
  restart(): Promise<void>;
}

/** The lab's Snowflake with an administrator, in a folder that is removed when it is closed. */
export async function startTestSnowflake(): Promise<TestSnowflake> {
  const venv = (await obtain([fakesnow], { cache: labOf().cache })).get(fakesnow.name) ?? "";
  const folder = await mkdtemp(join(tmpdir(), "sophia-snowflake-"));
  const privateKey = rsaKey();
  const options = {
    venv,
    folder,
    administrator: { user: administrator, publicKey: rsaPublicKeyOf(privateKey) },
  };
  let running = await startSnowflake(options);
  const { url } = running;
  return {
    ...running,
    url,
    folder,
    privateKey,
    client: (as = {}) =>
      new WarehouseClient({ account: "ZNB04675", user: administrator, privateKey, url, ...as }),
    control: (path, body) =>
      fetch(`${url}/_lab/snowflake/${path}`, body ? { method: "POST", body: JSON.stringify(body) } : {}),
    async restart() {
      await running.close();
      running = await startSnowflake({ ...options, port: Number(new URL(url).port) });
    },
    async close() {
      await running.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
