/** `pulumi-resource-docker-build`: images built by the local Docker engine and pushed to their registry. */
import { serveProvider } from "../kit/serve-provider.ts";
import { dockerBuildProvider } from "./provider.ts";

await serveProvider(dockerBuildProvider);
