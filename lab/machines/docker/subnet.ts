/** An IPv4 network as number and prefix length. */
export interface Network {
  address: number;
  prefix: number;
}

/** An IPv4 address as a number. @throws when it is none */
export function toNumber(address: string): number {
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new Error(`${address} is not an IPv4 address`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** The address of a number. */
export const toText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** A network like `10.0.0.0/8`; an address alone is one of its own. @throws when it is none */
export function parseNetwork(text: string): Network {
  const [address = "", prefix = "32"] = text.split("/");
  return { address: toNumber(address), prefix: Number(prefix) };
}

function overlap(a: Network, b: Network): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.address / size) === Math.floor(b.address / size);
}

/** Networks of the text of /proc/net/route, without the default route. Pure. */
export function routedNetworks(text: string): Network[] {
  const little = (hex: string) =>
    (hex.match(/../g) ?? []).reverse().reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 7 && fields[7] !== "00000000")
    .map((fields) => ({
      address: little(fields[1] ?? ""),
      prefix: little(fields[7] ?? "")
        .toString(2)
        .replaceAll("0", "").length,
    }));
}

/**
 * Address blocks for lab networks, a /24 each: outside of Docker's default pools, of K3s's defaults for pods and services,
 * and of the ranges that home and office networks commonly use.
 */
const blocks = [toNumber("10.213.0.0"), toNumber("10.214.0.0"), toNumber("172.31.0.0")];

/** Subnets for a lab in the order in which to try them, without those that overlap `taken`. Pure. */
export function freeSubnets(taken: Network[]): string[] {
  return blocks
    .flatMap((block) =>
      Array.from({ length: 250 }, (_, index) => ({ address: block + (index + 1) * 256, prefix: 24 })),
    )
    .filter((candidate) => !taken.some((network) => overlap(network, candidate)))
    .map((candidate) => `${toText(candidate.address)}/24`);
}

/** Well-known addresses in a lab's subnet; machines take the last number of their public address, from 10 to 254. Pure. */
export function addressesIn(subnet: string): {
  gateway: string;
  registry: string;
  machine(publicAddress: string): string;
} {
  const { address } = parseNetwork(subnet);
  return {
    gateway: toText(address + 1),
    registry: toText(address + 2),
    machine(publicAddress) {
      const last = toNumber(publicAddress) % 256;
      if (last < 10 || last > 254) {
        throw new Error(
          `${publicAddress} cannot be a lab machine's address: its last number must be 10 to 254`,
        );
      }
      return toText(address + last);
    },
  };
}
