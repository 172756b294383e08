import { z } from "zod";

const text = z.string().min(1);
const switched = z.literal("1").optional();

/** What people set in a shell, for the lab and the tests. */
export const peopleVariables = {
  LAB: {
    about: "Name of the lab: several can live on a machine.",
    usedBy: ["lab"],
    schema: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,30}$/)
      .default("local"),
    setBy: "person",
  },
  OSV_DATABASE: {
    about: "Folder with a copy of osv.dev's data. Default: osv.dev itself.",
    usedBy: ["scan"],
    schema: text.optional(),
    setBy: "person",
    standard: "osv.dev",
  },
  OSV_SCANNER: {
    about: "Path of an installed osv-scanner. Default: built from its published module.",
    usedBy: ["scan"],
    schema: text.optional(),
    setBy: "person",
    standard: "osv.dev",
  },
  PULUMI_ORGANIZATION: {
    about: "Organization at Pulumi Cloud that has the stacks. Default: none, as with a file backend.",
    usedBy: ["delivery"],
    schema: text.optional(),
    setBy: "person",
    standard: "Pulumi",
  },
  PULUMI_BINARY: {
    about:
      "Path of the Pulumi CLI itself, not of npm's launcher. Default: the version of the checkout's npm package, under `PULUMI_HOME`.",
    usedBy: ["delivery"],
    schema: text.optional(),
    setBy: "person",
    standard: "Pulumi",
  },
  PULUMI_CONFIG_FILE: {
    about: "Path of the stack file. Default: `Pulumi.<stack>.yaml` in the checkout.",
    usedBy: ["delivery", "scan"],
    schema: text.optional(),
    setBy: "person",
    standard: "Pulumi",
  },
  GITHUB_API_URL: {
    about: "Base URL of GitHub's REST API, for GitHub Enterprise Server. GitHub Actions sets it.",
    usedBy: ["delivery"],
    schema: z.url().default("https://api.github.com"),
    setBy: "person",
    standard: "GitHub Actions",
  },
  GITHUB_REPOSITORY: {
    about: "`<owner>/<name>` of the repository for comments and issues. GitHub Actions sets it.",
    usedBy: ["delivery"],
    schema: text.optional(),
    setBy: "person",
    standard: "GitHub Actions",
  },
  GITHUB_TOKEN: {
    about: "Token for comments and issues. The workflows pass the token of the job. Never commit a value.",
    usedBy: ["delivery"],
    schema: text.optional(),
    setBy: "person",
    standard: "GitHub Actions",
  },
  GITHUB_STEP_SUMMARY: {
    about: "File to which a command's output is appended, for the page of the run. GitHub Actions sets it.",
    usedBy: ["delivery"],
    schema: text.optional(),
    setBy: "person",
    standard: "GitHub Actions",
  },
  LAB_ROOT: {
    about: "Folder of all labs. Left out: `.lab` in the checkout.",
    usedBy: ["lab"],
    schema: text.optional(),
    setBy: "person",
  },
  LAB_CACHE: {
    about: "Folder of the build cache. Left out: `cache` below `LAB_ROOT`.",
    usedBy: ["lab"],
    schema: text.optional(),
    setBy: "person",
  },
  LAB_CONFIG: {
    about: "Stack file that the lab starts from. Left out: `Pulumi.local.yaml`.",
    usedBy: ["lab"],
    schema: text.optional(),
    setBy: "person",
  },
  HELM_BINARY: {
    about: "The helm that renders charts for the policies. Default: the one on `PATH`.",
    usedBy: ["lab"],
    schema: text.optional(),
    setBy: "person",
    standard: "Helm",
  },
  LAB_TAKEOVER: {
    about:
      "`true`: the stand-ins of the providers take what an interrupted update made for theirs, instead of failing because it is there. The lab sets it for itself.",
    usedBy: ["lab"],
    schema: text.optional(),
    setBy: "person",
  },
  LAMBDA_API_KEY: {
    about: "Runs the conformance tests against the real account, too; reading costs nothing.",
    usedBy: ["tests"],
    schema: text.optional(),
    setBy: "person",
    secret: "lambdaApiKey",
    standard: "Lambda Cloud",
  },
  LAMBDA_API_URL: {
    about: "Another base URL for that.",
    usedBy: ["tests"],
    schema: z.url().default("https://cloud.lambda.ai/api/v1"),
    setBy: "person",
    standard: "beside LAMBDA_API_KEY",
  },
  LAMBDA_CONFORMANCE_SPEND: {
    about: "`1` lets these tests launch instances, which costs money.",
    usedBy: ["tests"],
    schema: switched,
    setBy: "person",
    standard: "beside LAMBDA_API_KEY",
  },
  LAMBDA_OPENAPI: {
    about: "File of Lambda's OpenAPI document: holds what the tests know of the API against it.",
    usedBy: ["tests"],
    schema: text.optional(),
    setBy: "person",
    standard: "beside LAMBDA_API_KEY",
  },
} as const;
