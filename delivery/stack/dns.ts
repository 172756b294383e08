import { lookup } from "node:dns/promises";
import { causeOf } from "../../components/core/errors.ts";
import type { Reach } from "./verify.ts";

/**
 * What is wrong with the DNS record of the stack's first host name, and what to do; empty when it names the ingress
 * addresses and no others. The other checks do not ask DNS, so that a stack can be verified before its name is moved.
 */
export async function dnsFault({ url, ingress }: Pick<Reach, "url" | "ingress">): Promise<string> {
  const { hostname } = new URL(url);
  const remedy = `let it name ${ingress.join(", ")} (output \`ingress\`), and every other name in \`nginx.hostnames\` too`;
  let found: string[];
  try {
    found = (await lookup(hostname, { all: true, family: 4 })).map(({ address }) => address);
  } catch (error) {
    return `DNS has no address of ${hostname} (${causeOf(error)}): ${remedy}`;
  }
  const given = [...new Set(found)].sort();
  const same = given.join() === [...new Set(ingress)].sort().join();
  return same ? "" : `DNS says that ${hostname} is at ${given.join(", ")}: ${remedy}`;
}
