/**
 * Commands that take away what a stopped engine leaves in the packet filter: its chains, every rule that names them or
 * its bridge, and the policy it set. `saved` is the output of `iptables-save`. Pure.
 *
 * @param forwardPolicy Policy of the FORWARD chain before the engine started; it sets DROP.
 */
export function filterLeftovers(saved: string, forwardPolicy: string): string[][] {
  const rules: string[][] = [];
  const chains: string[][] = [];
  let table = "filter";
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) table = line.slice(1).trim();
    const chain = /^:(DOCKER\S*)/.exec(line)?.[1];
    if (chain) chains.push(["-t", table, "-F", chain], ["-t", table, "-X", chain]);
    if (line.startsWith(":FORWARD") && table === "filter" && !line.includes(` ${forwardPolicy} `)) {
      rules.push(["-t", "filter", "-P", "FORWARD", forwardPolicy]);
    }
    const own = /^-A DOCKER/.test(line);
    if (!own && line.startsWith("-A ") && /\s(-j DOCKER|-[io] docker0|! -o docker0)/.test(line)) {
      rules.push(["-t", table, "-D", ...words(line).slice(1)]);
    }
  }
  const order = (command: string[]) => (command.includes("-X") ? 1 : 0);
  return [...rules, ...chains.sort((a, b) => order(a) - order(b))];
}

const words = (line: string): string[] =>
  (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ""));

/** Mount points in the text of /proc/mounts that belong to a Docker engine, deepest first. Pure. */
export function engineMounts(mounts: string, dataRoot = "/var/lib/docker"): string[] {
  return mounts
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${dataRoot}/`) || /^(\/var)?\/run\/docker\//.test(path))
    .sort((a, b) => b.length - a.length);
}
