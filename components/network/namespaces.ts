import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
import { digest } from "../core/digest.ts";
import { hostCidr, type Peer } from "./addresses.ts";
import { flows, type Places, policiesOf } from "./flows.ts";
import { containerLimits, limitsOf, podSecurityLabels } from "./limits.ts";
import { type NamespaceName, namespaceNames } from "./names.ts";

export interface NamespacesArgs {
  /** Where Kubernetes's API listens on the hosts: every address of every server. A change rewrites policies only. */
  apiServers: pulumi.Input<Peer[]>;
  /** Pod network, `k3s.clusterCidr`. */
  clusterCidr: string;
  /** GPU time slices that the MCP servers may take together. A change is applied to the quota in place. */
  gpuSlices: number;
}

/**
 * The platform's namespaces with Pod Security, quotas, default resources of containers, and network policies that
 * refuse all traffic in both directions except the flows of `flows.ts`.
 */
export class Namespaces extends Component {
  /**
   * By name. In an update each output resolves only when the namespace is isolated, so that a resource that uses it waits
   * for that.
   */
  readonly names: Record<NamespaceName, pulumi.Output<string>>;
  /** To depend on the isolation of a namespace without its name as an input. */
  readonly isolated: Record<NamespaceName, pulumi.Resource>;
  /** Digest of quotas, limits and network policies. */
  readonly digest: pulumi.Output<string>;

  constructor(name: string, args: NamespacesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("network:Namespaces", name, opts);
    const limits = limitsOf(args.gpuSlices);
    const places: pulumi.Output<Places> = pulumi.output(args.apiServers).apply((apiServers) => ({
      apiServers,
      apiServerSources: [...apiServers.map(({ address }) => hostCidr(address)), args.clusterCidr],
    }));
    const policies = policiesOf(flows);

    const build = (namespace: NamespaceName) => {
      const { podSecurity, quota } = limits[namespace];
      const space = new k8s.core.v1.Namespace(
        this.childName(namespace),
        { metadata: { name: namespace, labels: podSecurityLabels(podSecurity) } },
        this.child(),
      );
      // A literal name: that of the namespace's resource is unknown in a first preview, and policies could not tell
      // which namespace each of these protects.
      const inside = (suffix: string, objectName: string) => ({
        resource: this.childName(`${namespace}-${suffix}`),
        metadata: { name: objectName, namespace },
      });
      const opts = this.child({ dependsOn: [space] });
      const limitRange = inside("limits", "limits");
      const isolation = [
        new k8s.core.v1.LimitRange(
          limitRange.resource,
          { metadata: limitRange.metadata, spec: { limits: [containerLimits] } },
          opts,
        ),
        ...policies
          .filter((policy) => policy.namespace === namespace)
          .map((policy) => {
            const { resource, metadata } = inside(policy.name, policy.name);
            const spec = policy.needsPlaces
              ? places.apply((known) => policy.spec(known))
              : policy.spec({ apiServers: [], apiServerSources: [] });
            return new k8s.networking.v1.NetworkPolicy(resource, { metadata, spec }, opts);
          }),
      ];
      // The last of them stands for all: everything inside would otherwise carry the name of each, twice, in the state.
      const quotaPlace = inside("quota", "quota");
      const last = new k8s.core.v1.ResourceQuota(
        quotaPlace.resource,
        { metadata: quotaPlace.metadata, spec: { hard: quota } },
        this.child({ dependsOn: isolation }),
      );
      // A preview creates nothing that could be too early, and policies need to know where each object would be.
      const name = pulumi.runtime.isDryRun()
        ? pulumi.output<string>(namespace)
        : pulumi.all([space.metadata.name, last.id]).apply(([known]) => known);
      return { name, last };
    };
    const built = namespaceNames.map((each) => [each, build(each)] as const);
    const byName = <T>(of: (one: ReturnType<typeof build>) => T) =>
      Object.fromEntries(built.map(([each, one]) => [each, of(one)])) as Record<NamespaceName, T>;
    this.names = byName(({ name }) => name);
    this.isolated = byName(({ last }) => last);
    this.digest = places.apply((known) =>
      digest(
        JSON.stringify([
          limits,
          containerLimits,
          policies.map(({ namespace, name, spec }) => [namespace, name, spec(known)]),
        ]),
      ),
    );
    this.registerOutputs({ names: this.names });
  }
}
