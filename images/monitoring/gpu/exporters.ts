import { lookup } from "node:dns/promises";
import { messageOf } from "../errors.ts";

/** Seconds for one exporter. */
const patience = 3;

/** Addresses behind a name; a headless Service has one for each pod that is ready. */
const addressesOf = async (hostname: string): Promise<string[]> =>
  (await lookup(hostname, { all: true, family: 4 })).map(({ address }) => address);

/**
 * What every exporter behind the URL's name answers. One that does not is told and left out: the pods on its host then
 * have no value, which autoscalers take for a reason to wait.
 * @throws when none answers
 */
export async function scrape(
  url: string,
  tell: (line: string) => void,
  resolve: (hostname: string) => Promise<string[]> = addressesOf,
): Promise<string[]> {
  const { hostname, port, pathname } = new URL(url);
  const addresses = await resolve(hostname);
  const answers = await Promise.allSettled(
    addresses.map(async (address) => {
      const response = await fetch(`http://${address}:${port}${pathname}`, {
        signal: AbortSignal.timeout(patience * 1000),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`it answers ${response.status}: ${text.slice(0, 200)}`);
      return text;
    }),
  );
  const texts: string[] = [];
  const faults: string[] = [];
  for (const [index, one] of answers.entries()) {
    if (one.status === "fulfilled") texts.push(one.value);
    else faults.push(`exporter ${addresses[index]}:${port}: ${reasonOf(one.reason)}`);
  }
  for (const fault of faults) tell(fault);
  if (texts.length === 0) throw new Error(`no GPU exporter answers at ${url}: ${faults.join("; ")}`);
  return texts;
}

const reasonOf = (error: unknown) =>
  error instanceof Error && error.cause instanceof Error
    ? `${messageOf(error)}: ${messageOf(error.cause)}`
    : messageOf(error);
