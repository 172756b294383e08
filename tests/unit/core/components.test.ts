import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, test } from "vitest";
import { Component } from "../../../components/core/base.ts";
import { insideCluster } from "../../../components/core/insideCluster.ts";

/** What resources ended up with, by name. */
let options: Map<string, pulumi.CustomResourceOptions>;
let providers: Map<string, string>;

/** Stands in for the engine: what is looked at is how resources were asked for. */
beforeEach(async () => {
  options = new Map();
  providers = new Map();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs, provider }) => {
        providers.set(name, provider ?? "");
        return { id: `${name}-id`, state: inputs };
      },
      call: () => ({}),
    },
    "sophia-infra",
    "local",
  );
});

/** Sees what every resource inside became after all other transformations. */
class Recorder extends Component {
  constructor() {
    super("test:Recorder", "recorder", {
      transformations: [
        ({ name, opts }) => {
          options.set(name, opts);
          return undefined;
        },
      ],
    });
    this.registerOutputs({});
  }
}

/** Two objects of a cluster, one of them below another component, and one resource from elsewhere. */
class Service extends Component {
  readonly outer: k8s.core.v1.ConfigMap;
  readonly inner: k8s.core.v1.ConfigMap | undefined;
  constructor(name: string, opts: pulumi.ComponentResourceOptions, own: pulumi.Resource, deep = true) {
    super("test:Service", name, opts);
    this.outer = new k8s.core.v1.ConfigMap(this.childName("config"), {}, this.child());
    new k8s.core.v1.ConfigMap(this.childName("own"), {}, this.child({ deletedWith: own }));
    new pulumi.ComponentResource("test:Plain", this.childName("plain"), {}, this.child());
    this.inner = deep ? new Service(`${name}-inner`, { parent: this }, own, false).outer : undefined;
    this.registerOutputs({});
  }
}

const resolved = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

async function made() {
  const recorder = new Recorder();
  const clusterIdentity = new k8s.core.v1.Namespace("clusterIdentity", {}, { parent: recorder });
  const other = new k8s.core.v1.Namespace("other", {}, { parent: recorder });
  const provider = new k8s.Provider("cluster", { kubeconfig: "{}" }, { parent: recorder });
  const inCluster = insideCluster(provider, clusterIdentity);
  const service = new Service("redis", { parent: recorder, ...inCluster }, other);
  const urns = await Promise.all(
    [service.urn, service.outer.urn, service.inner?.urn ?? pulumi.output("")].map(resolved),
  );
  return { urns, clusterIdentity, other, service };
}

test("components are named by folder and kind, and name their children after themselves", async () => {
  const { urns, service } = await made();
  expect(urns).toEqual([
    expect.stringMatching(/\$sophia:test:Service::redis$/),
    expect.stringMatching(/\$kubernetes:core\/v1:ConfigMap::redis-config$/),
    expect.stringMatching(/\$kubernetes:core\/v1:ConfigMap::redis-inner-config$/),
  ]);
  expect(options.get("redis-config")?.parent).toBe(service);
});

test("K3 what lives in a cluster goes with it, however deep; what says otherwise is left alone", async () => {
  const { clusterIdentity, other } = await made();
  const goesWith = (name: string) => options.get(name)?.deletedWith;
  expect([goesWith("redis-config"), goesWith("redis-inner-config")]).toEqual([
    clusterIdentity,
    clusterIdentity,
  ]);
  expect([goesWith("redis-own"), goesWith("redis-inner-own")]).toEqual([other, other]);
  expect([goesWith("redis-plain"), goesWith("clusterIdentity")]).toEqual([undefined, undefined]);
});

test("K3 what lives in a cluster is made through the cluster's provider, however deep", async () => {
  await made();
  for (const name of ["redis-config", "redis-inner-config", "redis-own"]) {
    expect([name, providers.get(name)]).toEqual([
      name,
      expect.stringMatching(/pulumi:providers:kubernetes::cluster::cluster-id$/),
    ]);
  }
});
