import type { StackRule } from "../../engine/rule.ts";
import { defaultDeny } from "./defaultDeny.ts";
import { gpuReplicas } from "./gpuReplicas.ts";
import { namespaceDns } from "./namespaceDns.ts";
import { secretOutputs } from "./outputs.ts";
import { postgresBackups } from "./postgresBackups.ts";

/** Every rule about a stack as a whole. */
export const stackRules: StackRule[] = [
  defaultDeny,
  namespaceDns,
  gpuReplicas,
  postgresBackups,
  secretOutputs,
];
