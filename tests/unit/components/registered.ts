import * as pulumi from "@pulumi/pulumi";
import { beforeEach } from "vitest";

/*
 * What the components ask the engine for. That the engine and a cluster do it is proved with the real ones.
 */

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** Whether it is there already, and previews read it, too. */
  read: boolean;
}
/** Every resource that the components registered since the last test. */
export const registered: Registered[] = [];

/** What the engine adds to inputs, by type. */
const madeOf: Record<string, (name: string) => object> = {
  "random:index/randomPassword:RandomPassword": (name) => ({ result: `password of ${name}` }),
  "pulumi-nodejs:dynamic/services:SelfSignedCertificate": () => ({ certificate: "certificate", key: "key" }),
  "pulumi-nodejs:dynamic/services:CertificateSuccession": () => ({
    certificate: "certificate",
    key: "key",
    trusted: "certificate and successor",
  }),
};

/** Stands in for the engine in all tests of the file that calls it, at its top: files share this module. */
export async function mockEngine(): Promise<void> {
  await pulumi.runtime.setMocks({
    async newResource({ type, name, inputs, id }) {
      // Slow, so that what does not wait for its namespace is registered before it.
      if (type === "kubernetes:core/v1:Namespace") await new Promise((resolve) => setImmediate(resolve));
      registered.push({ type, name, inputs, read: Boolean(id) });
      return { id: `${name}-id`, state: { ...inputs, ...madeOf[type]?.(name) } };
    },
    call: () => ({}),
  });
  beforeEach(() => {
    registered.length = 0;
  });
}

export const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });
export const find = (type: string, name: string) => {
  const found = registered.find((each) => each.type === type && each.name === name);
  if (!found) throw new Error(`no ${type} ${name} among ${registered.map((each) => each.name).join(", ")}`);
  return found.inputs;
};
/** What an input is once the mark that hides it is taken off, and whether it bore the mark. */
export function unmarked(value: unknown): { secret: boolean; value: unknown } {
  if (typeof value === "object" && value !== null && "4dabf18193072939515e22adb298388d" in value) {
    return { secret: true, value: (value as unknown as { value: unknown }).value };
  }
  return { secret: false, value };
}
