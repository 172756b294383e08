import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import type { DiffKind } from "../diff.ts";
import type { DiffResult } from "../provider.ts";

const { Kind } = protocol.PropertyDiff;
const kinds: Record<DiffKind, { plain: protocol.PropertyDiff.Kind; replace: protocol.PropertyDiff.Kind }> = {
  add: { plain: Kind.ADD, replace: Kind.ADD_REPLACE },
  delete: { plain: Kind.DELETE, replace: Kind.DELETE_REPLACE },
  update: { plain: Kind.UPDATE, replace: Kind.UPDATE_REPLACE },
};

/** The paths of a diff that replace the resource. */
export const replacing = (detailed: DiffResult["detailed"] = new Map()): string[] =>
  [...detailed].filter(([, { replace }]) => replace).map(([path]) => path);

/** A comparison in the engine's words. */
export function diffResponse(result: DiffResult): protocol.DiffResponse {
  const { detailed, deleteBeforeReplace = false } = result;
  const { changes = (detailed?.size ?? 0) > 0, replaces = replacing(detailed) } = result;
  const { DIFF_SOME, DIFF_NONE } = protocol.DiffResponse.DiffChanges;
  const response = new protocol.DiffResponse();
  response.setChanges(changes ? DIFF_SOME : DIFF_NONE);
  response.setReplacesList(replaces);
  response.setDeletebeforereplace(deleteBeforeReplace);
  response.setDiffsList(result.diffs ?? [...(detailed?.keys() ?? [])]);
  response.setHasdetaileddiff(detailed !== undefined);
  for (const [path, { kind, replace, inputDiff }] of detailed ?? []) {
    const property = new protocol.PropertyDiff();
    property.setKind(kinds[kind][replace ? "replace" : "plain"]);
    property.setInputdiff(inputDiff);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}
