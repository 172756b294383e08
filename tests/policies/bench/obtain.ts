import { labOf } from "../../../lab/lab.ts";
import { Progress } from "../../../lab/terminal/progress.ts";
import type { Artefact } from "../../../tools/artefacts/artefact.ts";
import { obtain } from "../../../tools/artefacts/obtain.ts";
import type { Missing } from "./tools/tool.ts";

const progress = new Progress();

/** Makes something out of an artefact, or says why that cannot be had here: a tool is named as missing, not left out. */
export async function ready<Made>(
  artefact: Artefact,
  make: (folder: string) => Made | Promise<Made>,
): Promise<Made | Missing> {
  try {
    const folders = await obtain([artefact], {
      cache: labOf().cache,
      onEvent: (event) => progress.artefact(event),
    });
    return await make(folders.get(artefact.name) ?? "");
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    return { name: artefact.name.replace(/^bench-/, ""), because: because.split("\n").slice(0, 3).join(" ") };
  }
}

export const isMissing = (given: object): given is Missing => "because" in given;
