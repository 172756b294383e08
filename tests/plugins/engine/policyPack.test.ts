import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import analyzerRpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import type { AnalyzerInfo } from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, onTestFinished, test } from "vitest";
import { notYet, Unrecoverable, waitFor } from "../../../components/core/wait.ts";
import { rules } from "../../../policies/rules/index.ts";
import { stackRules } from "../../../policies/rules/stack/index.ts";
import { repository } from "../../../tools/repository.ts";
import { brief } from "../events.ts";
import { runProgram } from "../harness.ts";

const programs = join(import.meta.dirname, "../programs");

test("a policy pack in TypeScript checks every resource and knows the stack's name", async () => {
  const stack = await runProgram({ program: join(programs, "random") });
  const policyPacks = [join(programs, "policy")];
  const refused = await stack.up({ config: { length: 10 }, policyPacks });
  expect(refused.code).not.toBe(0);
  expect(refused.stdout).toContain("password password has 10 characters in program-random");
  expect((await stack.export()).resources.map(({ type }) => type)).not.toContain(
    "random:index/randomPassword:RandomPassword",
  );

  const allowed = await stack.up({ config: { length: 24 }, policyPacks });
  expect(allowed.code, allowed.stdout + allowed.stderr).toBe(0);
  expect(brief(allowed.steps)).toContain("create password");
  expect(allowed.events.flatMap(({ policyEvent }) => policyEvent?.enforcementLevel ?? [])).toEqual([
    "advisory",
  ]);
});

/** The port of a pack that the SDK's launcher starts: it loads the pack by `require()`, through ts-node. */
async function launch(folder: string): Promise<number> {
  const launcher = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const child = spawn(process.execPath, [launcher, "127.0.0.1:1", "."], {
    cwd: folder,
    env: { ...process.env, PULUMI_NODEJS_STACK: "dev", PULUMI_NODEJS_PROJECT: "sophia-infra" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  return waitFor({ what: "the port of the policy pack", deadline: 300, interval: 0.1 }, async () => {
    if (child.exitCode !== null)
      throw new Unrecoverable(new Error(`it ended with ${child.exitCode}: ${stderr}`));
    const [line, ...more] = stdout.split("\n");
    return more.length > 0 ? Number(line) : notYet(`${stdout}${stderr}`);
  });
}

test("our policy pack, which the lab starts without the SDK's launcher, is also started by it, as official hosts do", async () => {
  const port = await launch(join(repository, "policies"));
  const client = new analyzerRpc.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  onTestFinished(() => client.close());
  const info = await new Promise<AnalyzerInfo>((resolve, reject) =>
    client.getAnalyzerInfo(new empty.Empty(), (error, answer) => (error ? reject(error) : resolve(answer))),
  );
  expect(info.getName()).toBe("sophia-policies");
  const names = [...rules, ...stackRules].map(({ name }) => name);
  expect(info.getPoliciesList().map((policy) => policy.getName())).toEqual(expect.arrayContaining(names));
});
