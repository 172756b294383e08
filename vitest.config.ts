import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

/** Tests of our own code against a real server: they lie beside the others, and need what the lab builds. */
const live = "tests/unit/**/*.live.test.ts";

/** One project a level of reality: `unit` is pure, the others start real processes. */
const project = (name: string, include: string[], testTimeout = 60_000, parallel = true) => ({
  test: {
    name,
    include,
    exclude: name === "unit" ? [...configDefaults.exclude, live] : configDefaults.exclude,
    // Loading modules anew for each of its many files would take more than the tests themselves.
    isolate: name !== "unit",
    testTimeout,
    hookTimeout: testTimeout,
    fileParallelism: parallel,
    setupFiles: [
      "tests/support/coverage.setup.ts",
      ...(name === "unit" ? ["tests/support/shared.setup.ts"] : []),
    ],
    // `expect.poll` gives up after one second otherwise, which a busy machine takes.
    expect: { poll: { timeout: 60_000 } },
  },
});

export default defineConfig({
  test: {
    // Most tests wait for a process half of their time, so one file at a time leaves a small machine idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: ["tests/support/temporary.setup.ts"],
    projects: [
      project("unit", ["tests/unit/**/*.test.ts"], 600_000),
      project("services", ["tests/charts/**/*.test.ts", live], 900_000),
      project("cloud", ["tests/cloud/**/*.test.ts", "tests/conformance/**/*.test.ts"], 300_000),
      project("plugins", ["tests/plugins/**/*.test.ts"], 1_800_000),
      project("lambda", ["tests/lambda/**/*.test.ts"], 600_000),
      project("machines", ["tests/machines/**/*.test.ts"], 1_800_000, false),
      project("e2e", ["tests/e2e/**/*.test.ts"], 1_800_000, false),
    ],
    coverage: {
      provider: "v8",
      include: [
        "components/**/*.ts",
        "lambda/**/*.ts",
        "k3s/**/*.ts",
        "mcp/**/*.ts",
        "lab/**/*.ts",
        "tools/**/*.ts",
        "policies/**/*.ts",
        "delivery/**/*.ts",
        "data/**/*.ts",
        "esc/**/*.ts",
        "images/**/*.ts",
      ],
      reporter: ["text-summary", "json-summary"],
    },
  },
});
