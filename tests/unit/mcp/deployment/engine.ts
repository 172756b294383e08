import * as pulumi from "@pulumi/pulumi";
import { expect } from "vitest";

interface Registered {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What was asked of the engine, in the place of one; see `mockEngine`. */
export interface Asked {
  all: Registered[];
  /** Inputs of the one object of this kind and name. */
  of(kind: string, name: string): Record<string, unknown>;
  /** Names of all objects of this kind. */
  names(kind: string): string[];
}

/** An address for each Service, as Kubernetes gives them. */
export const addressOf = (service: string): string =>
  `10.43.7.${1 + ([...service].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 250)}`;

/** Stands in for the engine: what is looked at is what was asked for. */
export async function mockEngine(): Promise<Asked> {
  const all: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        all.push({ type, name, inputs });
        const kind = type.split(":").at(-1);
        if (kind === "RandomPassword")
          return { id: name, state: { ...inputs, result: `${name} `.repeat(9) } };
        if (kind !== "Service") return { id: `${name}-id`, state: inputs };
        const { metadata, spec } = inputs as { metadata: { name: string }; spec: object };
        return {
          id: `${name}-id`,
          state: { ...inputs, spec: { ...spec, clusterIP: addressOf(metadata.name) } },
        };
      },
      call: () => ({}),
    },
    "sophia-infra",
    "local",
  );
  const ofKind = (kind: string) => all.filter(({ type }) => type.split(":").at(-1) === kind);
  const nameOf = ({ inputs, name }: Registered) =>
    (inputs.metadata as { name?: string } | undefined)?.name ?? name;
  return {
    all,
    of(kind, name) {
      const found = ofKind(kind).find((each) => nameOf(each) === name);
      if (!found) throw new Error(`no ${kind} ${name}; there is ${ofKind(kind).map(nameOf)}`);
      return found.inputs;
    },
    names: (kind) => ofKind(kind).map(nameOf),
  };
}

export const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });

/** Outputs of outside resources are known a turn later: waits until this object was asked for. */
export const asked = (engine: Asked, kind: string, name: string) =>
  expect.poll(() => engine.names(kind), { timeout: 60_000 }).toContain(name);

/** How a secret is marked on its way to the engine. */
export const secret = (value: unknown) => ({
  [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
  value,
});
