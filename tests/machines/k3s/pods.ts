import { stringify } from "yaml";
import { podImage } from "./cluster.ts";

/** What Pod Security "restricted" asks for. */
const restricted = {
  pod: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: "RuntimeDefault" } },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
};

const many = (documents: unknown[]) => documents.map((document) => stringify(document)).join("---\n");

/** Answers every connection with the name of its node. */
const answer =
  'use IO::Socket::INET; $SIG{TERM} = sub { exit }; my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 9, ReuseAddr => 1) or die; while (my $c = $s->accept) { print $c "$ENV{NODE}\\n"; close $c }';

/** A namespace with a pod on every node behind the Service `web`. */
export const webEverywhere = (namespace: string): string =>
  many([
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "web", namespace },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: {
          metadata: { labels: { app: "web" } },
          spec: {
            securityContext: restricted.pod,
            containers: [
              {
                name: "web",
                image: podImage,
                securityContext: restricted.container,
                env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
                command: ["perl", "-e", answer],
                readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace },
      spec: {
        type: "NodePort",
        selector: { app: "web" },
        ports: [{ port: 80, targetPort: 8080, nodePort: 443 }],
      },
    },
  ]);

/** A pod on a node that waits, labelled `app: <name>`, with a volume of the same name under /data. */
export const podWithVolume = (namespace: string, name: string, node: string): string =>
  many([
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels: { app: name } },
      spec: {
        nodeSelector: { "kubernetes.io/hostname": node },
        terminationGracePeriodSeconds: 1,
        securityContext: restricted.pod,
        containers: [
          {
            name: "wait",
            image: podImage,
            securityContext: restricted.container,
            command: ["sleep", "infinity"],
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: name } }],
      },
    },
  ]);

const policy = (namespace: string, name: string, spec: unknown) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace },
  spec,
});

export const denyAll = (namespace: string): string =>
  stringify(policy(namespace, "deny-all", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }));

/** Lets the client reach the cluster's DNS and the web pods, and nothing else. */
export const allowClient = (namespace: string): string => {
  const client = { podSelector: { matchLabels: { app: "client" } } };
  const web = { podSelector: { matchLabels: { app: "web" } } };
  const dns = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
    podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
  };
  const ports = [{ port: 8080, protocol: "TCP" }];
  const dnsPorts = [
    { port: 53, protocol: "UDP" },
    { port: 53, protocol: "TCP" },
  ];
  return many([
    policy(namespace, "client-out", {
      ...client,
      policyTypes: ["Egress"],
      egress: [
        { to: [dns], ports: dnsPorts },
        { to: [web], ports },
      ],
    }),
    policy(namespace, "web-in", { ...web, policyTypes: ["Ingress"], ingress: [{ from: [client], ports }] }),
  ]);
};

/** Asks for GPU slices and prints which GPUs it was given. */
export const gpuPod = (name: string, slices: number): string =>
  stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      restartPolicy: "Never",
      runtimeClassName: "nvidia",
      containers: [
        {
          name: "gpu",
          image: podImage,
          command: ["bash", "-c", "echo $NVIDIA_VISIBLE_DEVICES; cat /etc/lab-gpus.json"],
          resources: { limits: { "nvidia.com/gpu": slices } },
        },
      ],
    },
  });

/** A pod with this file rests. */
export const idleFile = "/tmp/idle";

/** A namespace with a Deployment whose pods use all the CPU that they may: twice what they request. */
export const busyDeployment = (namespace: string, name: string): string =>
  many([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            terminationGracePeriodSeconds: 1,
            securityContext: restricted.pod,
            containers: [
              {
                name,
                image: podImage,
                securityContext: restricted.container,
                command: ["sh", "-c", `while [ ! -e ${idleFile} ]; do :; done; exec sleep infinity`],
                resources: { requests: { cpu: "50m" }, limits: { cpu: "100m" } },
              },
            ],
          },
        },
      },
    },
  ]);
