import { configuredCluster } from "../../../machines/cluster/program/cluster.ts";

/** A cluster with nothing in it, on hosts that somebody else has or that were launched. */
configuredCluster();
