import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kubeconfigPeriod } from "../../../k3s/config/kubeconfig.ts";
import { kubeconfigScript } from "../../../k3s/node/scripts.ts";

const day = 24 * 3600 * 1000;

describe("the script that reads the kubeconfig", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const program = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  /** Like K3s's, with a certificate that is valid for so many days. */
  const kubeconfig = (file: string, days: number) => {
    const subject = [
      "-subj",
      "/CN=system:admin",
      "-keyout",
      join(folder, "key"),
      "-out",
      join(folder, "crt"),
    ];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", ...subject].concat([
        "-days",
        String(days),
      ]),
      { stdio: "ignore" },
    );
    const data = readFileSync(join(folder, "crt")).toString("base64");
    writeFileSync(
      join(folder, file),
      `users:\n- name: default\n  user:\n    client-certificate-data: ${data}\n`,
    );
  };
  const read = () => {
    const text = kubeconfigScript(60)
      .replace("state=/var/lib/sophia", `state=${folder}/state`)
      .replace("export PATH=", `export PATH=${folder}:`)
      .replace("/etc/rancher/k3s/k3s.yaml", `${folder}/now`);
    const { status, stdout, stderr } = spawnSync("bash", ["-s"], { input: text, encoding: "utf8" });
    return { code: status, stdout, stderr };
  };
  /** A K3s that has `next` for its kubeconfig after a restart, and says that it was restarted. */
  const k3s = (next: string) => {
    program("systemctl", `echo "$*" >>${folder}/restarts; cp ${folder}/${next} ${folder}/now`);
    program("curl", "echo ok");
    program("journalctl", "");
  };
  const restarts = () => spawnSync("cat", [join(folder, "restarts")], { encoding: "utf8" }).stdout;

  test("K3 restarts K3s in the certificate's last 90 days, and prints the renewed one", () => {
    kubeconfig("now", 80);
    kubeconfig("renewed", 365);
    k3s("renewed");
    const { code, stdout } = read();
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync(join(folder, "renewed"), "utf8"));
    expect(restarts()).toBe("reset-failed k3s\nrestart k3s\n");
  });

  test("K3 restarts nothing before, and prints the kubeconfig alone", () => {
    kubeconfig("now", 100);
    k3s("now");
    expect(read()).toEqual({ code: 0, stdout: readFileSync(join(folder, "now"), "utf8"), stderr: "" });
    expect(restarts()).toBe("");
  });

  test("K3 a certificate that is not renewed is an error, and so is a file without one", () => {
    kubeconfig("now", 80);
    copyFileSync(join(folder, "now"), join(folder, "same"));
    k3s("same");
    const { code, stderr } = read();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /did not renew the admin's certificate \(notAfter=.*\); on this host: k3s certificate check/,
    );
    writeFileSync(join(folder, "now"), "users: []\n");
    expect(read().stderr).toContain("holds no client certificate");
  });
});

test("K3 the kubeconfig is read again within the days in which K3s renews it", () => {
  const now = Date.UTC(2027, 0, 1);
  const period = kubeconfigPeriod(new Date(now));
  const next = Array.from({ length: 90 }, (_, days) => now + days * day).find(
    (moment) => kubeconfigPeriod(new Date(moment)) !== period,
  );
  expect(next).toBeDefined();
  expect(kubeconfigPeriod(new Date((next ?? 0) + 59 * day))).toBe(period + 1);
});
