import { z } from "zod";
import { versions } from "../../core/versions.ts";
import { cron, lengthOf, list, network, overlap } from "./formats.ts";
import { reservedKeys } from "./k3sReserved.ts";
import { generation } from "./quantities.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hex digits");
const release = z.strictObject({
  /** URL of the binary, which the host itself downloads. */
  url: z.url(),
  /** SHA-256 of the binary, in lower-case hex: a file with another one is not installed. A change installs it on each node. */
  sha256,
});

/** A network whose length is from `widest` to `narrowest`. */
const sized = (widest: number, narrowest: number) =>
  network.refine((text) => lengthOf(text) >= widest && lengthOf(text) <= narrowest, {
    error: ({ input }) => `must have a length from /${widest} to /${narrowest}, got ${input}`,
  });

/** The Kubernetes distribution on the hosts. */
export const k3sSettings = z
  .strictObject({
    /** A change upgrades the nodes one at a time, servers first. */
    version: z
      .string()
      .regex(/^v1\.[0-9]+\.[0-9]+\+k3s[0-9]+$/, "a release like v1.36.3+k3s1")
      .default(versions.k3s),
    /** Where the `k3s` binary of that version is, and what it must hash to, by machine architecture. */
    release: z.strictObject({
      /** For x86-64. */
      amd64: release,
      /** For arm64. Left out: a host of that architecture is refused when K3s is installed. */
      arm64: release.optional(),
    }),
    /** Which address nodes use for each other. `private` only where they share a network. */
    nodeAddress: z.enum(["public", "private"]).default("public"),
    /** Pod network. Anything but `wireguard-native` travels in the clear. A change restarts every node. */
    flannelBackend: z.enum(["wireguard-native", "vxlan", "host-gw"]).default("wireguard-native"),
    /** Network of pods, of which each node takes a /24. K3s cannot change it in a cluster that exists. */
    clusterCidr: sized(8, 24).default("10.42.0.0/16"),
    /** Network of Services. K3s cannot change it in a cluster that exists. */
    serviceCidr: sized(12, 28).default("10.43.0.0/16"),
    /** `registries.yaml`: mirrors by registry host. A change restarts every node. */
    mirrors: z.record(z.string(), list(z.url())).default({}),
    /**
     * Merged last into every node's `config.yaml`: a key replaces ours, `key+` adds to our list. A change restarts the
     * nodes it concerns.
     */
    extraConfig: z
      .record(z.string(), z.json())
      .default({})
      .superRefine((config, context) => {
        for (const key of Object.keys(config)) {
          const message = reservedKeys.get(key.replace(/\+$/, ""));
          if (message !== undefined) context.addIssue({ code: "custom", path: [key], message });
        }
      }),
    /** Snapshots of etcd, kept on the server: they do not leave it yet. A change restarts it. */
    snapshots: z
      .strictObject({
        /** Cron expression, in the time zone of the server's clock. */
        schedule: cron.default("0 */6 * * *"),
        /** How many scheduled snapshots are kept; the oldest go first. */
        retention: z.number().int().positive().default(20),
      })
      .prefault({}),
    /**
     * Of the tokens with which nodes join. Left out: the first ones. Another generation makes new ones, and restarts K3s
     * on one node after the other; pods go on running.
     */
    tokenGeneration: generation.optional(),
    /** Seconds for a node to install and become Ready. */
    deadline: z.number().int().positive().default(600),
  })
  .refine((k3s) => !overlap(k3s.clusterCidr, k3s.serviceCidr), {
    path: ["serviceCidr"],
    error: ({ input }) => {
      const { clusterCidr, serviceCidr } = input as { clusterCidr: string; serviceCidr: string };
      return `${serviceCidr} and clusterCidr, ${clusterCidr}, overlap: pods and Services need networks of their own`;
    },
  })
  .refine((k3s) => k3s.nodeAddress === "private" || k3s.flannelBackend === "wireguard-native", {
    path: ["flannelBackend"],
    error:
      "must be wireguard-native when nodeAddress is public: pod traffic would cross the internet in the clear",
  });

export { gpuSettings } from "./gpu.ts";
