import { caughtTable, type Score } from "./compare.ts";
import type { Sample } from "./manifests/generate.ts";
import { isMissing, ready } from "./obtain.ts";
import { drawSamples, score } from "./score.ts";
import { apiServer } from "./tools/apiServer.ts";
import { checkovPackages, kubeScoreBinary, podSecurityBinary } from "./tools/artefacts.ts";
import { checkov } from "./tools/checkov.ts";
import { kubeScore } from "./tools/kubeScore.ts";
import { ours } from "./tools/ours.ts";
import { podSecurity } from "./tools/podSecurity.ts";

/** Faults that we miss and somebody else catches: what the pack could learn. */
const missed = (samples: Sample[], scores: Score[]): string[] => {
  const [own, ...others] = scores;
  return [
    ...new Set(
      samples
        .filter(({ id }) => !own?.caught.has(id))
        .map(({ id, fault }) => {
          const by = others.filter((other) => other.caught.has(id)).map(({ tool }) => tool);
          return `${fault.name}: ${by.length > 0 ? by.join(", ") : "nobody"}`;
        }),
    ),
  ];
};

/** 200 manifests with known faults before this pack, three other tools and an API server, as tables. */
export async function benchManifests(): Promise<string> {
  const samples = drawSamples();
  const tools = [
    ours,
    await ready(podSecurityBinary, podSecurity),
    await ready(kubeScoreBinary, kubeScore),
    await ready(checkovPackages, checkov),
  ];
  const scores: Score[] = [];
  const missing: string[] = [];
  for (const tool of tools) {
    if (isMissing(tool)) missing.push(`${tool.name} is missing: ${tool.because}`);
    else scores.push(await score(tool, samples));
  }
  const { tool: admission, stop } = await apiServer();
  try {
    scores.push(await score(admission, samples));
  } finally {
    await stop();
  }
  return [
    caughtTable(samples, scores, ({ fault }) => fault.group),
    caughtTable(samples, scores, ({ fault }) => `${fault.group}: ${fault.name}`),
    ["Not caught by this pack, but by:", ...missed(samples, scores).map((line) => `- ${line}`)].join("\n"),
    ...missing,
  ].join("\n\n");
}
