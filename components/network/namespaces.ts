import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../core/base.ts";
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
 * The platform's namespaces and their walls: Pod Security, quotas, defaults for containers, and network policies
 * that refuse everything in both directions but the flows of `flows.ts`.
 */
export class Namespaces extends Component {
  /** Names by name; each is known only when the namespace is walled, so whoever uses one waits for its walls. */
  readonly names: Record<NamespaceName, pulumi.Output<string>>;
  /** There when a namespace is walled, for what names none of ours in its inputs. */
  readonly walled: Record<NamespaceName, pulumi.Resource>;

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
      const inside = (suffix: string, named: string) => ({
        resource: this.childName(`${namespace}-${suffix}`),
        metadata: { name: named, namespace: space.metadata.name },
      });
      const quotaPlace = inside("quota", "quota");
      const rangePlace = inside("limits", "limits");
      const walls = [
        new k8s.core.v1.LimitRange(
          rangePlace.resource,
          { metadata: rangePlace.metadata, spec: { limits: [containerLimits] } },
          this.child(),
        ),
        ...policies
          .filter((policy) => policy.namespace === namespace)
          .map((policy) => {
            const place = inside(policy.name, policy.name);
            return new k8s.networking.v1.NetworkPolicy(
              place.resource,
              { metadata: place.metadata, spec: places.apply((known) => policy.spec(known)) },
              this.child(),
            );
          }),
      ];
      // The last of them stands for all: everything inside would otherwise carry the name of each, twice, in the state.
      const last = new k8s.core.v1.ResourceQuota(
        quotaPlace.resource,
        { metadata: quotaPlace.metadata, spec: { hard: quota } },
        this.child({ dependsOn: walls }),
      );
      const name = pulumi.all([space.metadata.name, last.id]).apply(([known]) => known);
      return { name, last };
    };
    const built = namespaceNames.map((each) => [each, build(each)] as const);
    const byName = <T>(of: (one: ReturnType<typeof build>) => T) =>
      Object.fromEntries(built.map(([each, one]) => [each, of(one)])) as Record<NamespaceName, T>;
    this.names = byName(({ name }) => name);
    this.walled = byName(({ last }) => last);
    this.registerOutputs({ names: this.names });
  }
}
