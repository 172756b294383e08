/** `pulumi-resource-docker-build`: images built by the local Docker engine and pushed to their registry. */
import { serveProvider } from "../kit/serveProvider.ts";
import { dockerBuildProvider } from "./provider.ts";

await serveProvider(dockerBuildProvider);
