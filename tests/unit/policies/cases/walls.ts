import type { Subject } from "../../../../policies/engine/rule.ts";
import { type Json, unknown } from "../../../../policies/engine/values.ts";
import { kubernetes } from "../fixtures.ts";

const space = (name: string) => kubernetes({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const policy = (spec: unknown, namespace: unknown = "apps", kind = "NetworkPolicy") =>
  kubernetes({ apiVersion: "networking.k8s.io/v1", kind, metadata: { name: "wall", namespace }, spec });
const both = { policyTypes: ["Ingress", "Egress"] };
const all: Json = { podSelector: {}, ...both };

/** Namespaces with their network policies, and those that stand open. */
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
