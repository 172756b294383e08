import { join } from "node:path";
import { type OperationOptions, type OperationResult, type Program, runProgram } from "../../harness.ts";
import type { ControlPlane } from "./controlPlane.ts";

export interface Entry {
  kind: string;
  args: Record<string, unknown>;
  dependsOn?: string[];
  deletedWith?: string;
  options?: Record<string, unknown>;
}
type Resources = Record<string, Entry>;

export interface Objects {
  up(resources: Resources, options?: OperationOptions): Promise<OperationResult>;
  preview(resources: Resources, options?: OperationOptions): Promise<OperationResult>;
  stack: Program;
}

/** A stack whose program makes the resources that each operation is given. */
export async function objects(
  plane: Pick<ControlPlane, "kubeconfig" | "helm">,
  provider: Record<string, unknown> = {},
): Promise<Objects> {
  const stack = await runProgram({
    program: join(import.meta.dirname, "../programs/objects"),
    config: { provider: { clusterIdentifier: "test", ...provider } },
    secrets: { kubeconfig: plane.kubeconfig },
    env: { HELM_BINARY: plane.helm },
  });
  const withResources = (resources: Resources, options: OperationOptions = {}): OperationOptions => ({
    ...options,
    // A list, because the engine sorts the keys of a map.
    config: { resources: Object.entries(resources), ...options.config },
  });
  return {
    stack,
    up: (resources, options) => stack.up(withResources(resources, options)),
    preview: (resources, options) => stack.preview(withResources(resources, options)),
  };
}

let count = 0;
/** A name that no other test of this run uses. */
export const unique = (prefix: string): string => {
  count += 1;
  return `${prefix}-${process.pid}-${count}`;
};

export const configMap = (name: string, data: Record<string, unknown>, more: Partial<Entry> = {}): Entry => ({
  kind: "core.v1.ConfigMap",
  args: { metadata: { name }, data },
  ...more,
});
