import type { Rule } from "../../engine/rule.ts";
import { isOpaque, object } from "../../engine/values.ts";

/** Parts of a Secret that anyone may read. */
const open =
  /\.(?:crt|pem|pub)$|^(?:ca|certificate|username|user|host|port|dbname|database|uri-public|cookie-domain)$/i;

export const secretsMarked: Rule = {
  name: "kubernetes-secrets-are-secret",
  description:
    "The values of a Kubernetes Secret are Pulumi secrets, and no Helm release makes one from its values.",
  severity: "high",
  why: "a Secret made from a plain value has that value in Pulumi's state, and one made by a release has it in the release's history",
  fix: "wrap the value in pulumi.secret, or make the Secret outside the release and give the release only its name",
  aboutSecrets: true,
  evaluate({ kubernetes, type }) {
    if (kubernetes?.kind !== "Secret") return [];
    const inRelease = type.startsWith("helm:");
    return ["data", "stringData"].flatMap((field) =>
      Object.entries(object(kubernetes.body[field]))
        .filter(([key, value]) => !isOpaque(value) && value !== "" && value !== null && !open.test(key))
        .map(([key]) => ({
          path: `${field}.${key}`,
          message: inRelease ? "is a secret value inside a Helm release" : "is not marked as a Pulumi secret",
        })),
    );
  },
};
