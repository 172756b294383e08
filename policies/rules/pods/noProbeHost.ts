import { podOf } from "../../engine/pods.ts";
import type { Rule } from "../../engine/rule.ts";
import { object } from "../../engine/values.ts";

const handlers = ["livenessProbe", "readinessProbe", "startupProbe"];

export const noProbeHost: Rule = {
  name: "no-probe-host",
  description: "Probes and lifecycle hooks ask the pod itself, not a host that they name.",
  severity: "medium",
  why: "the kubelet would send requests from the host's network to wherever the pod's author says; Pod Security forbids it since 1.34",
  fix: "take host out of httpGet and tcpSocket",
  evaluate: (subject) =>
    (podOf(subject)?.containers ?? []).flatMap(({ body, path }) => {
      const { postStart, preStop } = object(body.lifecycle);
      const given = [
        ...handlers.map((name) => ({ path: name, handler: body[name] })),
        { path: "lifecycle.postStart", handler: postStart },
        { path: "lifecycle.preStop", handler: preStop },
      ];
      return given
        .filter(
          ({ handler }) => object(object(handler).httpGet).host || object(object(handler).tcpSocket).host,
        )
        .map((each) => ({ path: `${path}.${each.path}`, message: "names a host" }));
    }),
};
