import type { Subject } from "../../../../policies/engine/rule.ts";
import { type Json, unknown } from "../../../../policies/engine/values.ts";
import { kubernetes } from "../fixtures.ts";

const space = (name: string) => kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const policy = (spec: unknown, namespace: unknown = "apps", kind = "NetworkPolicy") =>
  kubernetes({ apiVersion: "networking.k8s.io/v1", kind, metadata: { name: "policy", namespace }, spec });
const both = { policyTypes: ["Ingress", "Egress"] };
const all: Json = { podSelector: {}, ...both };

/** Namespaces with their network policies, and the namespaces that no policy isolates. */
export const defaultDenyCases: Record<string, { objects: Subject[]; refused: string[] }> = {
  "no policy": { objects: [space("apps")], refused: ["apps"] },
  "a policy that refuses all": { objects: [space("apps"), policy(all)], refused: [] },
  "empty lists": { objects: [space("apps"), policy({ ...all, ingress: [], egress: [] })], refused: [] },
  "one way only": {
    objects: [space("apps"), policy({ ...all, policyTypes: ["Ingress"] })],
    refused: ["apps"],
  },
  "the other way only": {
    objects: [space("apps"), policy({ ...all, policyTypes: ["Egress"] })],
    refused: ["apps"],
  },
  "no way": { objects: [space("apps"), policy({ podSelector: {} })], refused: ["apps"] },
  "some pods only": {
    objects: [space("apps"), policy({ ...all, podSelector: { matchLabels: { a: "b" } } })],
    refused: ["apps"],
  },
  "pods that are not known yet": {
    objects: [space("apps"), policy({ ...all, podSelector: unknown })],
    refused: ["apps"],
  },
  "all let out": { objects: [space("apps"), policy({ ...all, egress: [{}] })], refused: ["apps"] },
  "all let in": { objects: [space("apps"), policy({ ...all, ingress: [{}] })], refused: ["apps"] },
  "a rule that is not known yet": {
    objects: [space("apps"), policy({ ...all, ingress: unknown })],
    refused: ["apps"],
  },
  "in another namespace": {
    objects: [space("apps"), space("other"), policy(all, "other")],
    refused: ["apps"],
  },
  "in a namespace that is not known yet": {
    objects: [space("apps"), policy(all, unknown)],
    refused: ["apps"],
  },
  "one known namespace and one that is not": {
    objects: [space("apps"), policy(all, "other"), policy(all, unknown)],
    refused: ["apps"],
  },
  "what is not known yet": { objects: [space("apps"), policy(unknown)], refused: ["apps"] },
  "no network policy": { objects: [space("apps"), policy(all, "apps", "Widget")], refused: ["apps"] },
  "no namespace": {
    objects: [kubernetes({ apiVersion: "v1", kind: "Service", metadata: { name: "s" } })],
    refused: [],
  },
  "a namespace whose name is not known yet": { objects: [space("")], refused: [] },
};

const lookup = (ports: unknown, more: Json = {}) => ({
  podSelector: {},
  policyTypes: ["Egress"],
  egress: [{ to: [{ podSelector: {} }], ports }],
  ...more,
});
const udp = (port: unknown, more: Json = {}) => ({ protocol: "UDP", port, ...more });

/** Namespaces with their network policies, and the namespaces whose pods have no DNS. */
export const dnsCases: Record<string, { objects: Subject[]; refused: string[] }> = {
  "no policy": { objects: [space("apps")], refused: ["apps"] },
  "default-deny alone": { objects: [space("apps"), policy(all)], refused: ["apps"] },
  "the port": { objects: [space("apps"), policy(all), policy(lookup([{ port: 53 }, udp(53)]))], refused: [] },
  "the port by its name": { objects: [space("apps"), policy(lookup([udp("dns")]))], refused: [] },
  "TCP alone": { objects: [space("apps"), policy(lookup([{ port: 53 }]))], refused: ["apps"] },
  "another port": { objects: [space("apps"), policy(lookup([udp(54)]))], refused: ["apps"] },
  "a port before it": { objects: [space("apps"), policy(lookup([udp(52)]))], refused: ["apps"] },
  "another name": { objects: [space("apps"), policy(lookup([udp("metrics")]))], refused: ["apps"] },
  "a range with it": { objects: [space("apps"), policy(lookup([udp(1, { endPort: 100 })]))], refused: [] },
  "a range up to it": { objects: [space("apps"), policy(lookup([udp(1, { endPort: 53 })]))], refused: [] },
  "a range beyond it": {
    objects: [space("apps"), policy(lookup([udp(54, { endPort: 99 })]))],
    refused: ["apps"],
  },
  "all of UDP": { objects: [space("apps"), policy(lookup([udp(undefined)]))], refused: [] },
  "all ports": { objects: [space("apps"), policy(lookup([]))], refused: [] },
  "all ports, unsaid": { objects: [space("apps"), policy(lookup(undefined))], refused: [] },
  "the second rule": {
    objects: [
      space("apps"),
      policy({ podSelector: {}, egress: [{ ports: [{ port: 443 }] }, { ports: [udp(53)] }] }),
    ],
    refused: [],
  },
  "rules that do nothing, as Egress is none of the types": {
    objects: [space("apps"), policy(lookup([udp(53)], { policyTypes: ["Ingress"] }))],
    refused: ["apps"],
  },
  "types that are not known yet": {
    objects: [space("apps"), policy(lookup([udp(53)], { policyTypes: unknown }))],
    refused: ["apps"],
  },
  "some pods only": {
    objects: [space("apps"), policy(lookup([udp(53)], { podSelector: { matchLabels: { a: "b" } } }))],
    refused: ["apps"],
  },
  "pods that are not known yet": {
    objects: [space("apps"), policy(lookup([udp(53)], { podSelector: unknown }))],
    refused: ["apps"],
  },
  "rules that are not known yet": {
    objects: [space("apps"), policy({ podSelector: {}, egress: unknown })],
    refused: ["apps"],
  },
  "a policy that is not known yet": { objects: [space("apps"), policy(unknown)], refused: ["apps"] },
};
