import { expect, test } from "vitest";
import { notYet, waitFor } from "../../../components/core/wait.ts";
import { findNetwork } from "../../../lab/machines/docker/network.ts";
import { backupKeys } from "../../../lab/state/vendorCredentials.ts";
import { startS3 } from "../../support/servers/s3/server.ts";
import { batch, startJob } from "../jobs.ts";
import { healthyStatus, lab, minutes, status } from "../lab.ts";
import { query } from "./monitoring.ts";

const bucket = "backups";
let server: Awaited<ReturnType<typeof startS3>> | undefined;

/** A bucket for the lab's own keys, where its pods reach it: the lab's network must be there. */
export async function startBucket(): Promise<void> {
  const { backupAccessKeyId: id = "", backupSecretAccessKey: secret = "" } = await backupKeys(lab);
  server = await startS3(bucket, { [id]: { secret } }, (await findNetwork(lab))?.gateway);
}

export async function stopBucket(): Promise<void> {
  await server?.stop();
}

/** The section `backup` of a stack that uses that bucket. */
export const backupSection = () => ({ repository: `s3:${server?.url}/${bucket}/lab`, scratch: "1Gi" });

/** In a lab whose settings have backups and monitoring. */
export function backups() {
  test(
    "D4 O2 the update made one; another one by hand is the last for make status, and for the alert's metric",
    async () => {
      const first = (await healthyStatus()).report.backup;
      expect(first).toMatchObject({ ok: true, since: expect.any(String) });

      const job = await startJob("backup", "by-hand");
      await waitFor({ what: "the backup by hand", deadline: 400, interval: 1 }, async () => {
        const { status: now } = await batch().readNamespacedJob(job);
        expect(now?.failed ?? 0).toBe(0);
        return now?.succeeded === 1 || notYet("it runs");
      });

      const { backup } = (await status()).report;
      expect(backup?.ok).toBe(true);
      const before = Date.parse(first?.since ?? "");
      expect(Date.parse(backup?.since ?? "")).toBeGreaterThan(before);
      await waitFor({ what: "the metric of that backup", deadline: 240, interval: 1 }, async () => {
        // That of the first was written before its Job ended.
        const recent = `cnpg_sophia_backup_last_success > ${before / 1000}`;
        return (
          (await query(recent)).length === 1 ||
          notYet((await query("cnpg_sophia_backup_last_success")).join())
        );
      });
    },
    15 * minutes,
  );
}
