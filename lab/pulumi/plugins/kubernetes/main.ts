/** `pulumi-resource-kubernetes`: objects of any kind, Helm releases and manifests. */
import { pluginVersion } from "../../versions.ts";
import { serveProvider } from "../kit/serveProvider.ts";
import { toEngine } from "./provider/log.ts";
import { KubernetesProvider } from "./provider/provider.ts";

await serveProvider((log) => new KubernetesProvider(pluginVersion("kubernetes"), toEngine(log)));
