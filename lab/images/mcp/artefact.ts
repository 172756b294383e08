import { join } from "node:path";
import { goProgram } from "../../../tools/artefacts/goProgram.ts";

/** The MCP gateway's engine from its published Go module. The result is the file `vmcp`. */
export const vmcp = goProgram({
  name: "vmcp",
  title: "build the MCP gateway's engine",
  folder: join(import.meta.dirname, "vmcp"),
  inputs: ["go.mod", "go.sum"],
  packages: ["github.com/stacklok/toolhive/cmd/vmcp"],
  weight: 3,
});
