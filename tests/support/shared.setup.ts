import "./quickStacks.ts";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, vi } from "vitest";

// Files that share their modules share Pulumi's engine and what stands in for it, too: what one file asked of it is over
// before the next begins, and none finds the clock or the mocks of another.
afterAll(async () => {
  await pulumi.runtime.disconnect();
  // Of a file whose engine only previews. The SDK's types leave it out.
  (pulumi.runtime as typeof pulumi.runtime & { _setIsDryRun(preview: boolean): void })._setIsDryRun(false);
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
