import type { Subject } from "../../../../policies/engine/rule.ts";
import { type Json, unknown } from "../../../../policies/engine/values.ts";
import { kubernetes } from "../fixtures.ts";

const space = (name: string) => kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const policy = (spec: unknown, namespace: unknown = "apps", kind = "NetworkPolicy") =>
  kubernetes({ apiVersion: "networking.k8s.io/v1", kind, metadata: { name: "wall", namespace }, spec });
const both = { policyTypes: ["Ingress", "Egress"] };
const all: Json = { podSelector: {}, ...both };

/** Namespaces with their network policies, and those that have none which refuses everything. */
export const wallCases: Record<string, { objects: Subject[]; stand: string[] }> = {
  "no policy": { objects: [space("apps")], stand: ["apps"] },
  "a policy that refuses all": { objects: [space("apps"), policy(all)], stand: [] },
  "empty lists": { objects: [space("apps"), policy({ ...all, ingress: [], egress: [] })], stand: [] },
  "one way only": { objects: [space("apps"), policy({ ...all, policyTypes: ["Ingress"] })], stand: ["apps"] },
  "the other way only": {
    objects: [space("apps"), policy({ ...all, policyTypes: ["Egress"] })],
    stand: ["apps"],
  },
  "no way": { objects: [space("apps"), policy({ podSelector: {} })], stand: ["apps"] },
  "some pods only": {
    objects: [space("apps"), policy({ ...all, podSelector: { matchLabels: { a: "b" } } })],
    stand: ["apps"],
  },
  "pods that are not known yet": {
    objects: [space("apps"), policy({ ...all, podSelector: unknown })],
    stand: ["apps"],
  },
  "all let out": { objects: [space("apps"), policy({ ...all, egress: [{}] })], stand: ["apps"] },
  "all let in": { objects: [space("apps"), policy({ ...all, ingress: [{}] })], stand: ["apps"] },
  "a rule that is not known yet": {
    objects: [space("apps"), policy({ ...all, ingress: unknown })],
    stand: ["apps"],
  },
  "in another namespace": {
    objects: [space("apps"), space("other"), policy(all, "other")],
    stand: ["apps"],
  },
  "in a namespace that is not known yet": { objects: [space("apps"), policy(all, unknown)], stand: [] },
  "one known namespace and one that is not": {
    objects: [space("apps"), policy(all, "other"), policy(all, unknown)],
    stand: [],
  },
  "what is not known yet": { objects: [space("apps"), policy(unknown)], stand: [] },
  "no network policy": { objects: [space("apps"), policy(all, "apps", "Widget")], stand: ["apps"] },
  "no namespace": {
    objects: [kubernetes({ apiVersion: "v1", kind: "Service", metadata: { name: "s" } })],
    stand: [],
  },
  "a namespace whose name is not known yet": { objects: [space("")], stand: [] },
};

const lookup = (ports: unknown, more: Json = {}) => ({
  podSelector: {},
  policyTypes: ["Egress"],
  egress: [{ to: [{ podSelector: {} }], ports }],
  ...more,
});
const udp = (port: unknown, more: Json = {}) => ({ protocol: "UDP", port, ...more });

/** Namespaces with their network policies, and those whose pods may not ask for names. */
export const dnsCases: Record<string, { objects: Subject[]; stand: string[] }> = {
  "no policy": { objects: [space("apps")], stand: ["apps"] },
  "walls alone": { objects: [space("apps"), policy(all)], stand: ["apps"] },
  "the port": { objects: [space("apps"), policy(all), policy(lookup([{ port: 53 }, udp(53)]))], stand: [] },
  "the port by its name": { objects: [space("apps"), policy(lookup([udp("dns")]))], stand: [] },
  "TCP alone": { objects: [space("apps"), policy(lookup([{ port: 53 }]))], stand: ["apps"] },
  "another port": { objects: [space("apps"), policy(lookup([udp(54)]))], stand: ["apps"] },
  "a port before it": { objects: [space("apps"), policy(lookup([udp(52)]))], stand: ["apps"] },
  "another name": { objects: [space("apps"), policy(lookup([udp("metrics")]))], stand: ["apps"] },
  "a range with it": { objects: [space("apps"), policy(lookup([udp(1, { endPort: 100 })]))], stand: [] },
  "a range up to it": { objects: [space("apps"), policy(lookup([udp(1, { endPort: 53 })]))], stand: [] },
  "a range beyond it": {
    objects: [space("apps"), policy(lookup([udp(54, { endPort: 99 })]))],
    stand: ["apps"],
  },
  "all of UDP": { objects: [space("apps"), policy(lookup([udp(undefined)]))], stand: [] },
  "all ports": { objects: [space("apps"), policy(lookup([]))], stand: [] },
  "all ports, unsaid": { objects: [space("apps"), policy(lookup(undefined))], stand: [] },
  "the second rule": {
    objects: [
      space("apps"),
      policy({ podSelector: {}, egress: [{ ports: [{ port: 443 }] }, { ports: [udp(53)] }] }),
    ],
    stand: [],
  },
  "some pods only": {
    objects: [space("apps"), policy(lookup([udp(53)], { podSelector: { matchLabels: { a: "b" } } }))],
    stand: ["apps"],
  },
  "pods that are not known yet": {
    objects: [space("apps"), policy(lookup([udp(53)], { podSelector: unknown }))],
    stand: ["apps"],
  },
  "rules that are not known yet": {
    objects: [space("apps"), policy({ podSelector: {}, egress: unknown })],
    stand: [],
  },
  "a policy that is not known yet": { objects: [space("apps"), policy(unknown)], stand: [] },
};
