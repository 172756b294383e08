import { onTestFinished } from "vitest";
import { KubernetesProvider } from "../../../lab/pulumi/plugins/kubernetes/provider/provider.ts";
import type { Difference } from "../../../lab/pulumi/plugins/kubernetes/rpc/provider.ts";
import type { Properties } from "../../../lab/pulumi/plugins/kubernetes/rpc/values.ts";

/** One resource, driven as the engine drives it, without the engine's own time. */
export interface Resource {
  check(news: Properties, olds?: Properties): Promise<Properties>;
  create(news: Properties, options?: { preview?: boolean; timeout?: number }): Promise<Properties>;
  diff(news: Properties, ignoreChanges?: string[]): Promise<Difference>;
  update(news: Properties, options?: { preview?: boolean; timeout?: number }): Promise<Properties>;
  refresh(): Promise<Properties | undefined>;
  delete(timeout?: number): Promise<void>;
  id: string;
  state: Properties;
  inputs: Properties;
}

export interface Configured {
  provider: KubernetesProvider;
  /** Messages of the provider, passing ones too. */
  said: string[];
  resource(type: string, name?: string): Resource;
}

/** A configured provider in this process. */
export async function configured(config: Record<string, string>): Promise<Configured> {
  const said: string[] = [];
  const provider = new KubernetesProvider("0.0.0", {
    log: (severity, _urn, message) => said.push(`${severity}: ${message}`),
    status: (_severity, _urn, message) => said.push(message),
  });
  onTestFinished(() => provider.cancel());
  await provider.configure(
    new Map(Object.entries(config).map(([key, value]) => [`kubernetes:config:${key}`, value])),
  );
  const resource = (type: string, name = "thing"): Resource => {
    const urn = `urn:pulumi:test::project::${type}::${name}`;
    const randomSeed = new Uint8Array([7]);
    const self: Resource = {
      id: "",
      state: {},
      inputs: {},
      async check(news, olds = {}) {
        const { inputs, failures } = await provider.check({ urn, olds, news, randomSeed });
        if (failures.length > 0)
          throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
        return inputs;
      },
      async create(news, { preview = false, timeout = 0 } = {}) {
        self.inputs = await self.check(news);
        try {
          const made = await provider.create({ urn, inputs: self.inputs, timeout, preview });
          Object.assign(self, made);
        } catch (error) {
          // The engine, too, records what a failed initialization brings along.
          if (error instanceof Error && "state" in error)
            Object.assign(self, { state: error.state, id: (error as { id?: string }).id });
          throw error;
        }
        return self.state;
      },
      async diff(news, ignoreChanges = []) {
        const checked = await self.check(news, self.inputs);
        const { id, state: olds, inputs: oldInputs } = self;
        return provider.diff({ urn, id, olds, oldInputs, news: checked, ignoreChanges });
      },
      async update(news, { preview = false, timeout = 0 } = {}) {
        const checked = await self.check(news, self.inputs);
        const request = {
          urn,
          id: self.id,
          olds: self.state,
          oldInputs: self.inputs,
          news: checked,
          ignoreChanges: [],
          preview,
          timeout,
        };
        const state = await provider.update(request);
        if (!preview) Object.assign(self, { state, inputs: checked });
        return state;
      },
      async refresh() {
        const { id, state, inputs } = await provider.read({
          urn,
          id: self.id,
          state: self.state,
          inputs: self.inputs,
        });
        if (!id) return undefined;
        Object.assign(self, { id, state, inputs });
        return state;
      },
      delete: (timeout = 0) => {
        const { id, state, inputs: oldInputs } = self;
        return provider.delete({ urn, id, state, oldInputs, timeout });
      },
    };
    return self;
  };
  return { provider, said, resource };
}
