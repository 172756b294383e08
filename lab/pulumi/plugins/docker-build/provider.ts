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

/** Hash of what an image is built from, or undefined while a preview does not know where that is. */
async function contextHashOf(inputs: Properties): Promise<string | undefined> {
  const fields = new Fields(inputs);
  const context = fields.object("context")?.string("location");
  const dockerfile = fields.object("dockerfile")?.string("location");
  if (context === undefined || dockerfile === undefined) return undefined;
  return hashContext(context, dockerfile);
}

async function made(inputs: Properties, request: Parameters<typeof buildAndPush>[1]): Promise<Properties> {
  // Before the build: a file that changes meanwhile is built again next time, not missed.
  const contextHash = (await contextHashOf(inputs)) ?? "";
  return { ...inputs, contextHash, ...(await buildAndPush(inputs, request)) };
}

/** Asks the image's registry about its digest, under every name that it was pushed to. */
async function everywhere(method: "HEAD" | "DELETE", state: Properties): Promise<boolean> {
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
    const outputs = await made(request.inputs, request);
    return { id: String(outputs.digest), outputs };
  },
  async update(request) {
    if (request.preview) return { outputs: { ...request.news, ...unknowns } };
    return { outputs: await made(request.news, request) };
  },
  async read({ id, state, inputs }) {
    return { id: (await everywhere("HEAD", state)) ? id : "", outputs: state, inputs };
  },
  async delete({ state }) {
    await everywhere("DELETE", state);
  },
};

const token = "docker-build:index:Image";
const simple = providerOf({
  name: "docker-build",
  version: pluginVersion("docker-build"),
  types: { [token]: image },
});

/** Like the official plugin, an image is built again when a file changed that it is built from. */
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
      result.detailed.set("contextHash", { kind: "update", replace: false });
    }
    return result;
  },
};
