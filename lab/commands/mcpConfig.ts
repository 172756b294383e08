import { type ClientKind, clientKinds } from "../../mcp/clients.ts";
import { files, type Lab } from "../lab.ts";
import { openStack } from "./open.ts";

/** Where a client keeps its configuration, relative to the project that is opened in it. */
const places: Record<ClientKind, string> = {
  cursor: ".cursor/mcp.json",
  vscode: ".vscode/mcp.json",
  generic: "the client's own file",
};

const isKind = (text: string): text is ClientKind => clientKinds.some((kind) => kind === text);

/**
 * `make mcp-config`: prints the configuration of an MCP client for this lab, with its token; what else the client needs
 * goes to standard error.
 * @throws when the lab was not brought up, or nobody knows the client
 */
export async function mcpConfig(lab: Lab, client = "generic"): Promise<void> {
  if (!isKind(client)) throw new Error(`there is no client ${client}; there are ${clientKinds.join(", ")}`);
  const opened = await openStack(lab);
  if (!opened) throw new Error("nothing runs here; bring it up with `make up`");
  const outputs = await opened.stack.outputs();
  const configs = outputs.mcpConfig as Record<ClientKind, unknown> | undefined;
  const config = configs?.[client];
  if (!config) throw new Error("the stack has no MCP servers yet; bring it up with `make up`");
  const [address] = outputs.ingress as string[];
  const { hostname } = new URL(String(outputs.url));
  process.stderr.write(
    [
      `Goes to ${places[client]}; it holds a token, so keep it out of git.`,
      `The client must find ${hostname}:   echo '${address} ${hostname}' | sudo tee -a /etc/hosts`,
      `and trust the lab's authority:   NODE_EXTRA_CA_CERTS=${files(lab).ca} <start the client>`,
      "",
    ].join("\n"),
  );
  process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
}
