import { unknown } from "../../../../policies/engine/values.ts";
import { deployment, kubernetes } from "../fixtures.ts";
import { autoscaler, type Case, gpu, mcp, quota, range, saying, service, workload } from "./subjects.ts";

const toleration = (given: object) => gpu(1, {}, { tolerations: [given] });
const node = (affinity: unknown) => gpu(1, {}, { nodeSelector: {}, affinity });
const required = (...nodeSelectorTerms: object[]) =>
  node({ nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } });
const expression = (key: unknown) => ({ matchExpressions: [{ key }] });

/** GPUs, and the node of the MCP servers. */
export const gpuCases: Record<string, Case> = {
  "mcp-node": {
    violating: {
      "no selector": mcp(),
      "another node": mcp({ nodeSelector: { "kubernetes.io/hostname": "backend" } }),
      "by its label, in another namespace": kubernetes({
        ...deployment(),
        metadata: { name: "one", namespace: "apps", labels: { "app.kubernetes.io/part-of": "sophia-mcp" } },
      }),
      "by its pods' label": workload("Deployment", {}, {}, { "app.kubernetes.io/part-of": "sophia-mcp" }),
    },
    clean: {
      "a node that is not known yet": mcp({ nodeSelector: { "kubernetes.io/hostname": unknown } }),
      "a selector that is not known yet": mcp({ nodeSelector: unknown }),
      "a Service": service("mcp"),
      "the MCP node": mcp({ nodeSelector: { "kubernetes.io/hostname": "mcp-node" } }),
      "not an MCP server": kubernetes(deployment()),
    },
  },
  "whole-gpu-slices": {
    violating: {
      "a quarter": gpu("0.25"),
      "a quarter in thousandths": gpu("250m"),
      "two slices": gpu(2),
      "two slices asked for": saying(
        "resources.requests: nvidia.com/gpu is 2",
        gpu(2, { limits: { "nvidia.com/gpu": 1 } }),
      ),
      "two slices as the limit": saying(
        "resources.limits: nvidia.com/gpu is 2",
        gpu(2, { requests: { "nvidia.com/gpu": 1 } }),
      ),
      "a request without a limit": gpu(1, { requests: { "nvidia.com/gpu": 1 }, limits: {} }),
      "another limit than request": gpu(1, {
        requests: { "nvidia.com/gpu": 1 },
        limits: { "nvidia.com/gpu": 0 },
      }),
      "no runtime class": gpu(1, {}, { runtimeClassName: undefined }),
      "no toleration": gpu(1, {}, { tolerations: [] }),
      "another toleration": gpu(1, {}, { tolerations: [{ key: "other", operator: "Exists" }] }),
      "one value of the taint only": toleration({ key: "nvidia.com/gpu", operator: "Equal", value: "x" }),
      "no operator": toleration({ key: "nvidia.com/gpu" }),
      "neither key nor operator": toleration({}),
      "another effect": toleration({ key: "nvidia.com/gpu", operator: "Exists", effect: "NoExecute" }),
      "no node": gpu(1, {}, { nodeSelector: {} }),
      ...Object.fromEntries(
        ["kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os", "beta.kubernetes.io/arch"].map(
          (label) => [`a node by its ${label}`, gpu(1, {}, { nodeSelector: { [label]: "x" } })],
        ),
      ),
      "a node by an affinity to pods": node({ podAntiAffinity: { x: 1 } }),
      "a node that is only preferred": node({
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] },
      }),
      "no alternative": required(),
      "any node in one alternative": required(expression("gpu"), expression("kubernetes.io/os")),
      "any node in the other": required({ matchFields: [] }, expression("gpu")),
      ...Object.fromEntries(
        ["nvidia.com/gpu", "requests.nvidia.com/gpu", "limits.nvidia.com/gpu"].map((key) => [
          `a quota of ${key}`,
          quota({ [key]: "0.5" }),
        ]),
      ),
      ...Object.fromEntries(
        ["default", "defaultRequest", "max", "min"].map((key) => [
          `a range's ${key}`,
          range({ [key]: { "nvidia.com/gpu": "0.5" } }),
        ]),
      ),
    },
    clean: {
      "one slice": gpu("1"),
      "a limit alone": gpu(1, { requests: {}, limits: { "nvidia.com/gpu": "1" } }),
      "an amount that is not known yet": gpu(unknown),
      "a limit that is not known yet": gpu(1, { limits: { "nvidia.com/gpu": unknown } }),
      "limits that are not known yet": gpu(1, { limits: unknown }),
      "a request that is not known yet": gpu(1, { requests: { "nvidia.com/gpu": unknown } }),
      "a runtime class that is not known yet": gpu(1, {}, { runtimeClassName: unknown }),
      "tolerations that are not known yet": gpu(1, {}, { tolerations: unknown }),
      "a toleration that is not known yet": gpu(1, {}, { tolerations: [{ key: "other" }, unknown] }),
      "a node that is not known yet": gpu(1, {}, { nodeSelector: unknown }),
      "every taint tolerated": gpu(1, {}, { tolerations: [{ key: "other" }, { operator: "Exists" }] }),
      "the taint's effect": toleration({ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }),
      "a key that is not known yet": toleration({ key: unknown, operator: "Exists" }),
      "an operator that is not known yet": toleration({ key: "nvidia.com/gpu", operator: unknown }),
      "an effect that is not known yet": toleration({
        key: "nvidia.com/gpu",
        operator: "Exists",
        effect: unknown,
      }),
      "a node by two labels": gpu(1, {}, { nodeSelector: { "kubernetes.io/os": "linux", gpu: "true" } }),
      "a node by affinity": required(expression("gpu"), {
        matchExpressions: [{ key: "kubernetes.io/os" }, { key: "gpu" }],
      }),
      "a node by its name": required({ matchFields: [{ key: "metadata.name" }] }),
      "a label that is not known yet": required(expression(unknown)),
      "an affinity that is not known yet": node(unknown),
      "an affinity to nodes that is not known yet": node({ nodeAffinity: unknown }),
      "a requirement that is not known yet": node({
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: unknown },
      }),
      "alternatives that are not known yet": node({
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: unknown } },
      }),
      "no GPU": kubernetes(deployment()),
      "a quota of four": quota({ "requests.nvidia.com/gpu": "4" }),
      "a range of one": range({ max: { "nvidia.com/gpu": "1" }, default: { "nvidia.com/gpu": "0" } }),
    },
  },
  "no-gpu-resource-metric": {
    violating: { GPUs: autoscaler("nvidia.com/gpu") },
    clean: { CPU: autoscaler("cpu"), memory: autoscaler("memory") },
  },
};
