import type { Subject } from "./rule.ts";
import { type Json, object } from "./values.ts";

/** The spec of a CloudNativePG Cluster; undefined for anything else. */
export const clusterSpecOf = ({ kubernetes }: Subject): Json | undefined =>
  kubernetes?.kind === "Cluster" && kubernetes.apiVersion.startsWith("postgresql.cnpg.io/")
    ? object(kubernetes.body.spec)
    : undefined;
