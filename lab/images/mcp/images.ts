import { images } from "../../../components/core/versions.ts";
import { scratchArtefact } from "../scratch.ts";
import type { PublishedImage } from "../services.ts";
import { vmcp } from "./artefact.ts";

/** Images of the MCP gateway, under their production names. */
export const mcpImages: PublishedImage[] = [
  {
    reference: images.mcpGateway,
    artefact: scratchArtefact(
      {
        name: "mcp-gateway",
        reference: images.mcpGateway,
        // Its place in the official image.
        programs: { "/ko-app/vmcp": "vmcp" },
        entrypoint: ["/ko-app/vmcp"],
        user: "65532:65532",
      },
      vmcp,
    ),
  },
];
