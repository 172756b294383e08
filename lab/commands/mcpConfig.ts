import { outputsSchema, parseOutputs } from "../../components/outputs.ts";
import { type ClientKind, clientKinds } from "../../mcp/clients.ts";
import { files, type Lab } from "../lab.ts";
import { openStack } from "../stack/open.ts";

/** Where a client keeps its configuration, relative to the project that is opened in it. */
const places: Record<ClientKind, string> = {
  cursor: ".cursor/mcp.json",
  vscode: ".vscode/mcp.json",
  generic: "the client's own file",
};

const isKind = (text: string): text is ClientKind => clientKinds.some((kind) => kind === text);

/**
 * `make mcp-config`: prints the configuration of an MCP client for this lab, with its token. Hints for
 * the client go to standard error.
 * @throws when the lab is not running, or the client is not supported, or not among the stack's
 */
export async function mcpConfig(lab: Lab, client = "generic"): Promise<void> {
  if (!isKind(client)) throw new Error(`unknown client ${client}; supported: ${clientKinds.join(", ")}`);
  const opened = await openStack(lab);
  if (!opened) throw new Error("this lab is not running; start it with `make up`");
  const schema = outputsSchema.pick({ mcpConfig: true, ingress: true, url: true });
  const outputs = parseOutputs(opened.stack.name, schema, await opened.stack.outputs());
  const config = outputs.mcpConfig[client];
  if (!config)
    throw new Error(`the stack has no client ${client}; add it to mcp.clients, and run \`make up\``);
  const [address] = outputs.ingress;
  const { hostname } = new URL(outputs.url);
  process.stderr.write(
    [
      `Save it as ${places[client]}. It contains a token: keep it out of git.`,
      `The client must resolve ${hostname}:   echo '${address} ${hostname}' | sudo tee -a /etc/hosts`,
      `and trust the lab's CA:   NODE_EXTRA_CA_CERTS=${files(lab).ca} <start the client>`,
      "",
    ].join("\n"),
  );
  process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
}
