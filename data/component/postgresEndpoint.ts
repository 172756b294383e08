import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/core/base.ts";
import { postgresCluster } from "../../components/network/names.ts";

export interface PostgresEndpointArgs {
  /** PostgreSQL's. A change is another address. */
  namespace: pulumi.Input<string>;
  /** PostgreSQL's, and of the address. */
  port: number;
}

/** A stable address of PostgreSQL's primary: the only one that Estuary's tunnel may reach. */
export class PostgresEndpoint extends Component {
  /** `<address>:<port>` inside the cluster. */
  readonly target: pulumi.Output<string>;

  constructor(name: string, args: PostgresEndpointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:PostgresEndpoint", name, opts);
    const service = new k8s.core.v1.Service(
      this.childName("service"),
      {
        metadata: { name: "postgres-estuary", namespace: args.namespace },
        spec: {
          type: "ClusterIP",
          selector: { "cnpg.io/cluster": postgresCluster, "cnpg.io/instanceRole": "primary" },
          ports: [{ name: "postgres", port: args.port, targetPort: args.port }],
        },
      },
      this.child(),
    );
    this.target = pulumi.interpolate`${service.spec.clusterIP}:${args.port}`;
    this.registerOutputs({ target: this.target });
  }
}
