/** Folders under `images/` with the Dockerfile of a family. */
export const families = ["base", "main", "mcp-server", "monitoring"] as const;
