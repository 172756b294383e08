import { describe, expect, test } from "vitest";
import {
  addressesIn,
  freeSubnets,
  parseNetwork,
  routedNetworks,
  toNumber,
  toText,
} from "../../../../lab/machines/docker/subnet.ts";

describe("a lab's subnet", () => {
  test("skips what is routed or taken, wider and narrower networks alike", () => {
    const taken = ["10.213.1.0/24", "10.213.2.128/25", "10.214.0.0/15"].map(parseNetwork);
    const free = freeSubnets(taken);
    expect(free[0]).toBe("10.213.3.0/24");
    expect(free.some((subnet) => subnet.startsWith("10.214."))).toBe(false);
  });
  test("a network that spans everything leaves none", () => {
    expect(freeSubnets([parseNetwork("0.0.0.0/0")])).toEqual([]);
  });
  test("reads the kernel's table of routes, without the default one", () => {
    const table = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
      "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
    ].join("\n");
    expect(routedNetworks(table)).toEqual([parseNetwork("192.0.2.0/24"), parseNetwork("172.17.0.0/16")]);
  });
  test("gives each machine the last number of its public address", () => {
    const addresses = addressesIn("10.213.7.0/24");
    expect(addresses.gateway).toBe("10.213.7.1");
    expect(addresses.registry).toBe("10.213.7.2");
    expect(addresses.machine("127.20.3.11")).toBe("10.213.7.11");
    // The last that the emulated Lambda Cloud gives.
    expect(addresses.machine("127.20.3.254")).toBe("10.213.7.254");
    expect(() => addresses.machine("127.20.3.255")).toThrow("must be 10 to 254");
    expect(() => addresses.machine("127.20.3.2")).toThrow("127.20.3.2 cannot be a lab machine's address");
  });
  test("addresses are numbers and back", () => {
    for (const address of ["0.0.0.0", "10.213.7.1", "255.255.255.255"])
      expect(toText(toNumber(address))).toBe(address);
    expect(() => toNumber("10.213.7")).toThrow("not an IPv4 address");
    expect(() => toNumber("10.213.7.256")).toThrow("not an IPv4 address");
  });
});
