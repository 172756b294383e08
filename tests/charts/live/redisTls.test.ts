import { cpSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { messageOf } from "../../../components/core/errors.ts";
import { succeed } from "../../../components/services/redis/certificateProvider.ts";
import { openRedis } from "../../../mcp/servers/redis/connection.ts";
import { certificateIn } from "../../support/servers/certificate.ts";
import { certificates, passwords, stagePod, stop, writeCertificate } from "./redisPod.ts";

describe("Redis over TLS", () => {
  const stage = stagePod();
  /** What redis-cli says with these options, or why it says nothing. */
  const said = (...options: string[]) => {
    try {
      return stage.pod.started.ask("sh", [
        "-c",
        'redis-cli "$@" ping 2>&1',
        "-",
        "-p",
        String(stage.pod.port),
        ...options,
      ]);
    } catch (error) {
      return messageOf(error) + String((error as { stdout?: string }).stdout);
    }
  };
  /** What a client of the MCP server's kind gets. */
  const asClient = async (url: string, caFile: string) => {
    const redis = openRedis({ url, user: "probe", password: () => passwords.probe, caFile });
    const answer = await redis.command("PING").catch((error: Error) => error.message);
    await redis.close();
    return String(answer);
  };
  const url = (host: string) => `rediss://${host}:${stage.pod.port}`;

  test("S4 refuses a connection without TLS", async () => {
    expect(said("--tls", "--cacert", stage.pod.caFile)).toContain("NOAUTH");
    expect(said()).toMatch(/reset by peer|closed the connection/);
    expect(await asClient(`redis://localhost:${stage.pod.port}`, stage.pod.caFile)).toMatch(
      /cannot be reached/,
    );
  });

  test("S4 is refused by who trusts another certificate, and under another name", async () => {
    const { certificate } = certificateIn(mkdtempSync(join(stage.folder, "other-")), "127.0.0.1", [
      "DNS:localhost",
    ]);
    expect(said("--tls", "--cacert", certificate)).toMatch(/certificate verify failed/);
    expect(await asClient(url("localhost"), certificate)).toMatch(/self-signed certificate/);
    expect(await asClient(url("127.0.0.1"), stage.pod.caFile)).toMatch(
      /does not match certificate's altnames/,
    );
    expect(await asClient(url("localhost"), stage.pod.caFile)).toBe("PONG");
  });

  test("S4 after a renewal it answers clients that trust what they trusted before, and those that trust the new", async () => {
    const before = join(stage.folder, "before.crt");
    cpSync(stage.pod.caFile, before);
    const own = await certificates;
    const renewed = await succeed(own);
    expect(renewed.certificate).not.toBe(own.certificate);
    await stop(stage.pod, "SIGTERM");
    writeCertificate(stage.folder, renewed);
    await stage.restart();
    for (const trusted of [before, stage.pod.caFile]) {
      expect(said("--tls", "--cacert", trusted)).toContain("NOAUTH");
      expect(await asClient(url("localhost"), trusted)).toBe("PONG");
    }
  });
});
