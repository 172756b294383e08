import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { digest } from "../core/digest.ts";
import { chartFault, isFolder } from "../settings/sections/formats.ts";

/** A chart of a repository at an exact version, or a folder. */
export interface Chart {
  /** Chart name, or a path that starts with `.` or `/`; relative paths start at the project. */
  chart: string;
  repository?: string | undefined;
  version?: string | undefined;
  /** Digest of the folder's content. Passed on as the value `chartHash`, so that a change of the chart is a change. */
  hash?: string;
}

const project = join(import.meta.dirname, "../..");

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** One of our own charts. The path is relative, so that the state is the same in every clone. */
export function ownChart(name: string): Chart {
  const folder = join(project, "charts", name);
  const hash = createHash("sha256");
  for (const file of filesUnder(folder))
    hash.update(`${relative(folder, file)}\0`).update(readFileSync(file));
  return { chart: `./charts/${name}`, hash: hash.digest("hex").slice(0, 16) };
}

/** Values of a chart; outputs may stand anywhere inside. */
type Values = Record<string, unknown>;

export interface HelmServiceArgs {
  /** A change upgrades the release. */
  chart: Chart;
  /** Namespace of the release, which must exist. A change is a new release. */
  namespace: pulumi.Input<string>;
  /** Release name, fixed: a random one would hide what runs. A change is a new release. */
  release: string;
  /**
   * Never secrets: values are kept in the release's history. A change upgrades the release. Outputs belong inside, at the
   * single values: policies render the chart in a preview with all that is known.
   */
  values: Values;
  /** The Service of the release. Default: none. */
  endpoint?: { service: string; port: number };
  /** Seconds until the release must be ready; then it is rolled back, or removed if it is the first. Default 600. */
  timeout?: number;
}

/**
 * Inputs of a release that say where its chart comes from.
 * @throws for what Helm would guess
 */
export function chartSource(
  reference: Chart,
): Pick<k8s.helm.v3.ReleaseArgs, "chart" | "version" | "repositoryOpts"> {
  const fault = chartFault(reference);
  if (fault) throw new Error(fault);
  const { chart, version, repository } = reference;
  return isFolder(reference) ? { chart } : { chart, version, repositoryOpts: { repo: repository } };
}

/**
 * A Helm release with a fixed name, atomic, awaited until it is ready, with a short history.
 * `host` resolves only when the release is ready, so that a resource that uses it waits for the service.
 */
export class HelmService extends Component {
  readonly release: k8s.helm.v3.Release;
  /** Name of the Service inside the cluster; empty where nothing is served. */
  readonly host: pulumi.Output<string>;
  readonly port: number;
  /** Digest of chart and values; resolves when the release is ready. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: HelmServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("services:HelmService", name, opts);
    const timeout = args.timeout ?? 600;
    const { hash } = args.chart;
    this.release = new k8s.helm.v3.Release(
      this.childName("release"),
      {
        ...chartSource(args.chart),
        name: args.release,
        namespace: args.namespace,
        values: hash ? { ...args.values, chartHash: hash } : args.values,
        atomic: true,
        cleanupOnFail: true,
        maxHistory: 5,
        timeout,
      },
      // Pulumi's own deadline lies behind Helm's, so that Helm still rolls back.
      this.child({ customTimeouts: { create: `${timeout * 2}s`, update: `${timeout * 2}s` } }),
    );
    const { endpoint } = args;
    this.host = pulumi
      .all([args.namespace, this.release.id])
      .apply(([namespace]) => (endpoint ? `${endpoint.service}.${namespace}.svc.cluster.local` : ""));
    this.port = endpoint?.port ?? 0;
    this.digest = pulumi
      .all([args.values, this.release.id])
      .apply(([values]) => digest(JSON.stringify([args.chart, values])));
    this.registerOutputs({ host: this.host, port: this.port });
  }
}
