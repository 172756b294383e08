import { type ImageRole, images } from "../core/versions.ts";

/** Families that are built in every stack that builds: one image of each. */
export const families = ["base", "mcp-servers", "monitoring"] as const;
export type Family = (typeof families)[number];

/** Images that the program builds itself, where the stack says so: it knows their digests. */
export const ownImages: readonly ImageRole[] = ["mcpServers", "monitoring", "pipeline"];

/** Images of others, as the table of versions names them. */
export const imagesOfOthers: readonly string[] = (Object.keys(images) as ImageRole[])
  .filter((role) => !ownImages.includes(role))
  .map((role) => images[role]);

/** MCP servers whose vendor publishes an image; settings name it only to replace it. */
export const serverImages: Readonly<Record<string, string>> = {
  github: images.githubMcp,
  slack: images.slackMcp,
};
