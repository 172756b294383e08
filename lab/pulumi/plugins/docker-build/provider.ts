import { pluginVersion } from "../../versions.ts";
import type { Provider } from "../kit/provider.ts";
import { providerOf, type ResourceType } from "../kit/resources.ts";
import { Fields } from "../kit/schema.ts";
import { hasUnknown, type Properties, unknown } from "../kit/values.ts";
import { buildAndPush } from "./build.ts";
import { hashContext } from "./context.ts";
import { comparable, faultsOf, imageInputs } from "./inputs.ts";
import { credentialsOf, manifest } from "./registry.ts";

const unknowns = { contextHash: unknown, digest: unknown, ref: unknown };

/** Hash of the build inputs; undefined while a preview does not know their location. */
async function contextHashOf(inputs: Properties): Promise<string | undefined> {
  const fields = new Fields(inputs);
  const context = fields.object("context")?.string("location");
  const dockerfile = fields.object("dockerfile")?.string("location");
  if (context === undefined || dockerfile === undefined) return undefined;
  return hashContext(context, dockerfile);
}

async function built(inputs: Properties, request: Parameters<typeof buildAndPush>[1]): Promise<Properties> {
  // Computed before the build, so that the next run detects files that change during it.
  const contextHash = (await contextHashOf(inputs)) ?? "";
  return { ...inputs, contextHash, ...(await buildAndPush(inputs, request)) };
}

/** Requests or deletes the image's digest in its registry, for every tag. @returns whether any of them existed */
async function forEveryTag(method: "HEAD" | "DELETE", state: Properties): Promise<boolean> {
  const fields = new Fields(state);
  let found = false;
  for (const tag of fields.strings("tags") ?? []) {
    found = (await manifest(method, tag, fields.string("digest") ?? "", credentialsOf(state))) || found;
  }
  return found;
}

const image: ResourceType = {
  inputs: imageInputs,
  normalise: comparable,
  async create(request) {
    if (request.preview) return { id: "", outputs: { ...request.inputs, ...unknowns } };
    const outputs = await built(request.inputs, request);
    return { id: String(outputs.digest), outputs };
  },
  async update(request) {
    if (request.preview) return { outputs: { ...request.news, ...unknowns } };
    return { outputs: await built(request.news, request) };
  },
  async read({ id, state, inputs }) {
    return { id: (await forEveryTag("HEAD", state)) ? id : "", outputs: state, inputs };
  },
  async delete({ state }) {
    await forEveryTag("DELETE", state);
  },
};

const token = "docker-build:index:Image";
const simple = providerOf({
  name: "docker-build",
  version: pluginVersion("docker-build"),
  types: { [token]: image },
});

/** As with the official plugin, a changed file of the context causes a build. */
export const dockerBuildProvider: Provider = {
  ...simple,
  async check(request) {
    const { inputs, failures = [] } = await simple.check(request);
    if (failures.length === 0) failures.push(...faultsOf(inputs));
    return { inputs, failures };
  },
  async diff(request) {
    const result = await simple.diff(request);
    const { contextHash } = request.olds;
    const now = hasUnknown(request.news.context ?? null) ? undefined : await contextHashOf(request.news);
    if (now !== undefined && now !== contextHash) {
      result.detailed?.set("contextHash", { kind: "update", replace: false, inputDiff: true });
    }
    return result;
  },
};
