import type { NetworkInterfaceInfo } from "node:os";
import type { MachineSpec } from "../driver.ts";

/**
 * macOS has one loopback address until more are added; Linux has all of 127.0.0.0/8. Pure.
 *
 * @returns What is missing and how to add it, or undefined.
 */
export function missingAlias(
  platform: NodeJS.Platform,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
  address: string,
): string | undefined {
  if (platform !== "darwin") return undefined;
  const known = Object.values(interfaces).some((each) => each?.some((info) => info.address === address));
  if (known) return undefined;
  return `this Mac does not answer on ${address}. To fix it: sudo ifconfig lo0 alias ${address} up`;
}

/** Explains Docker's refusal to start a machine, with a remedy. Pure. */
export function explainStart(spec: MachineSpec, refusal: string): string {
  const text = refusal
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("Error: failed to start"))
    .join(" ");
  const taken = /(?:listen tcp4?|Bind for) [\d.]*:(\d+)/.exec(text)?.[1];
  if (taken && /in use|already allocated/.test(text)) {
    return (
      `machine ${spec.id} cannot use port ${taken} of ${spec.publicAddress}: another program uses it, there or on all ` +
      `addresses. Find it with: ss -ltnp 'sport = :${taken}'. Then stop it, or bind it to its own address`
    );
  }
  return `machine ${spec.id} does not start: ${text}`;
}
