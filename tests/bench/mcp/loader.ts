import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { lookUp } from "../../../tools/artefacts/obtain.ts";
import { docker, labelArguments } from "../../../tools/docker/docker.ts";
import { imageOf } from "../../../tools/docker/images/build.ts";
import { nodeImage } from "../../../tools/docker/images/node/image.ts";
import type { Load, Measured } from "./client.ts";
import { Group } from "./groups.ts";
import type { Platform } from "./platform.ts";

/**
 * The clients, in a container that has the MCP node's network: from there servers are reached directly, as by their
 * neighbours, and Nginx as from outside.
 */
export class Loader {
  readonly #input: Writable;
  readonly #lines: AsyncIterator<string>;
  /** What the clients take. */
  readonly group: Group;

  private constructor(input: Writable, lines: AsyncIterator<string>, group: Group) {
    this.#input = input;
    this.#lines = lines;
    this.group = group;
  }

  static async start({ lab, hosts }: Platform): Promise<Loader> {
    const folder = await lookUp(nodeImage, lab.cache);
    if (folder === undefined) throw new Error("the lab's image of Node.js is not there: make up builds it");
    const { stdout } = await docker([
      ...["create", "--rm", "--interactive", ...labelArguments(lab)],
      ...["--network", `container:${hosts.get("mcp-node")?.container}`],
      ...["--volume", `${import.meta.dirname}:/bench:ro`],
      ...[await imageOf(folder), "node", "/bench/client.ts"],
    ]);
    const container = stdout.trim();
    const child = spawn("docker", ["start", "--attach", "--interactive", container], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    if ((await lines.next()).done) throw new Error("the clients did not start");
    return new Loader(child.stdin, lines, new Group(container));
  }

  async run(load: Load): Promise<Measured> {
    this.#input.write(`${JSON.stringify(load)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the clients ended");
    return JSON.parse(value) as Measured;
  }

  /** Ends the clients, and with them their container. */
  stop(): void {
    this.#input.end();
  }
}
