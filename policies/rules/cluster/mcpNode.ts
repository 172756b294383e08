import { podOf } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

const label = "kubernetes.io/hostname";

export const mcpNode: Rule = {
  name: "mcp-node",
  description: "MCP servers run on the MCP node.",
  severity: "high",
  why: "the MCP host is the one with the GPU slices and the network rules for MCP servers",
  fix: `set nodeSelector to ${label}: mcp-node, as mcp/deployment/pod.ts does`,
  evaluate(subject) {
    const pod = podOf(subject);
    if (!pod) return [];
    const labels = { ...subject.kubernetes?.labels, ...pod.labels };
    const ours =
      subject.kubernetes?.namespace === "mcp" || labels["app.kubernetes.io/part-of"] === "sophia-mcp";
    const selector = pod.spec.nodeSelector;
    const node = object(selector)[label];
    if (!ours || isOpaque(selector) || isOpaque(node) || node === "mcp-node") return [];
    return [
      {
        path: `${pod.path}.nodeSelector`,
        message: `${label} is ${node === undefined ? "not set" : String(node)}`,
      },
    ];
  },
};
