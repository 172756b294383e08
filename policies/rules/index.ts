import type { Rule } from "../engine/rule.ts";
import { apiAccess } from "./cluster/apiAccess.ts";
import { gpuAutoscaling } from "./cluster/gpuAutoscaling.ts";
import { gpuSlices } from "./cluster/gpuSlices.ts";
import { ingressTls } from "./cluster/ingressTls.ts";
import { k3sConfig } from "./cluster/k3sConfig.ts";
import { mcpNode } from "./cluster/mcpNode.ts";
import { podSecurity } from "./cluster/namespaces.ts";
import { postgresSuperuser } from "./cluster/postgresSuperuser.ts";
import { postgresSurvives } from "./cluster/postgresSurvives.ts";
import { singleIngress } from "./cluster/singleIngress.ts";
import { allowedRegistries } from "./images/allowedRegistries.ts";
import { digestInProduction } from "./images/digestInProduction.ts";
import { noLatestTag } from "./images/noLatestTag.ts";
import { budget } from "./platform/budget.ts";
import { firewall } from "./platform/firewall.ts";
import { noStaleSnowflake } from "./platform/noStaleSnowflake.ts";
import { noVercel } from "./platform/noVercel.ts";
import { dropCapabilities } from "./pods/dropCapabilities.ts";
import { namespaced } from "./pods/namespaced.ts";
import { noHostAccess } from "./pods/noHostAccess.ts";
import { nonRoot } from "./pods/nonRoot.ts";
import { noProbeHost } from "./pods/noProbeHost.ts";
import { probes } from "./pods/probes.ts";
import { readOnlyRoot } from "./pods/readOnlyRoot.ts";
import { requestsAndLimits } from "./pods/resources.ts";
import { restricted } from "./pods/restricted.ts";
import { seccomp } from "./pods/seccomp.ts";
import { noHardCodedKeys } from "./secrets/noHardCodedKeys.ts";
import { secretsMarked } from "./secrets/secretsMarked.ts";

/** Every rule of the pack. */
export const rules: Rule[] = [
  noHardCodedKeys,
  secretsMarked,
  noStaleSnowflake,
  noVercel,
  mcpNode,
  gpuSlices,
  gpuAutoscaling,
  nonRoot,
  readOnlyRoot,
  dropCapabilities,
  seccomp,
  restricted,
  noLatestTag,
  digestInProduction,
  allowedRegistries,
  requestsAndLimits,
  probes,
  noProbeHost,
  noHostAccess,
  namespaced,
  apiAccess,
  singleIngress,
  podSecurity,
  postgresSuperuser,
  postgresSurvives,
  ingressTls,
  budget,
  firewall,
  k3sConfig,
];
