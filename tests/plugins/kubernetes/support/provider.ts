import { onTestFinished } from "vitest";
import { type DiffResult, InitializationFailed } from "../../../../lab/pulumi/plugins/kit/provider.ts";
import { parseUrn } from "../../../../lab/pulumi/plugins/kit/urn.ts";
import type { Properties } from "../../../../lab/pulumi/plugins/kit/values.ts";
import { KubernetesProvider } from "../../../../lab/pulumi/plugins/kubernetes/provider/provider.ts";

/** One resource, driven as the engine drives it, without the engine's own time. */
interface Resource {
  check(news: Properties, olds?: Properties): Promise<Properties>;
  create(news: Properties, options?: { preview?: boolean; timeout?: number }): Promise<Properties>;
  diff(news: Properties, ignoreChanges?: string[]): Promise<DiffResult>;
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
  await provider.configure(config);
  const resource = (type: string, name = "thing"): Resource => {
    const about = {
      ...parseUrn(`urn:pulumi:test::project::${type}::${name}`),
      signal: new AbortController().signal,
      log: () => undefined,
    };
    const randomSeed = new Uint8Array([7]);
    const self: Resource = {
      id: "",
      state: {},
      inputs: {},
      async check(news, olds = {}) {
        const { inputs, failures = [] } = await provider.check({ ...about, olds, news, randomSeed });
        if (failures.length > 0)
          throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
        return inputs;
      },
      async create(news, { preview = false, timeout = 0 } = {}) {
        self.inputs = await self.check(news);
        try {
          const { id, outputs } = await provider.create({ ...about, inputs: self.inputs, timeout, preview });
          Object.assign(self, { id, state: outputs });
        } catch (error) {
          // The engine records the outputs of a failed initialization, too.
          if (error instanceof InitializationFailed)
            Object.assign(self, { state: error.outputs, id: error.id });
          throw error;
        }
        return self.state;
      },
      async diff(news, ignoreChanges = []) {
        const checked = await self.check(news, self.inputs);
        const { id, state: olds, inputs: oldInputs } = self;
        return provider.diff({ ...about, id, olds, oldInputs, news: checked, ignoreChanges });
      },
      async update(news, { preview = false, timeout = 0 } = {}) {
        const checked = await self.check(news, self.inputs);
        const request = {
          ...about,
          id: self.id,
          olds: self.state,
          oldInputs: self.inputs,
          news: checked,
          ignoreChanges: [],
          preview,
          timeout,
        };
        const { outputs: state } = await provider.update(request);
        if (!preview) Object.assign(self, { state, inputs: checked });
        return state;
      },
      async refresh() {
        const {
          id,
          outputs: state,
          inputs,
        } = await provider.read({
          ...about,
          id: self.id,
          state: self.state,
          inputs: self.inputs,
          timeout: 0,
        });
        if (!id) return undefined;
        Object.assign(self, { id, state, inputs });
        return state;
      },
      delete: (timeout = 0) => {
        const { id, state, inputs: oldInputs } = self;
        return provider.delete({ ...about, id, state, oldInputs, timeout });
      },
    };
    return self;
  };
  return { provider, said, resource };
}
