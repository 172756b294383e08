/** An address and port outside the pod network. */
export interface Peer {
  address: string;
  port: number;
}

const ipv4 = /^(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])){3}$/;

/** The network that holds just this address. Network policies take no names. */
export function hostCidr(address: string): string {
  if (!ipv4.test(address)) {
    throw new Error(
      `a network policy needs an IPv4 address, got "${address}"; pass the address, not the name`,
    );
  }
  return `${address}/32`;
}

/**
 * Address of the cluster's DNS server: the tenth of the service network, which is where K3s puts it
 * (`cluster-dns` in its server options).
 */
export function clusterDnsAddress(serviceCidr: string): string {
  const [network = "", length = ""] = serviceCidr.split("/");
  if (!ipv4.test(network) || !/^([0-9]|1[0-9]|2[0-8])$/.test(length)) {
    throw new Error(
      `the service network must be an IPv4 network of at least 16 addresses, got "${serviceCidr}"`,
    );
  }
  const bytes = network.split(".").map(Number);
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  const size = 2 ** (32 - Number(length));
  const tenth = value - (value % size) + 10;
  return [24, 16, 8, 0].map((shift) => Math.floor(tenth / 2 ** shift) % 256).join(".");
}
