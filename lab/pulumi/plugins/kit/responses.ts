import grpc from "@grpc/grpc-js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import type { DiffKind } from "./diff.ts";
import { type DiffResult, PartialFailure } from "./provider.ts";
import { propertiesToWire } from "./values.ts";

const { Kind } = messages.PropertyDiff;
const kinds: Record<DiffKind, [plain: messages.PropertyDiff.Kind, replace: messages.PropertyDiff.Kind]> = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
};

export function diffResponse(result: DiffResult): messages.DiffResponse {
  const response = new messages.DiffResponse();
  const changed = result.changes ?? result.detailed.size > 0;
  response.setChanges(
    changed ? messages.DiffResponse.DiffChanges.DIFF_SOME : messages.DiffResponse.DiffChanges.DIFF_NONE,
  );
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  for (const [path, { kind, replace }] of result.detailed) {
    const diff = new messages.PropertyDiff();
    diff.setKind(kinds[kind][replace ? 1 : 0]);
    diff.setInputdiff(true);
    response.getDetaileddiffMap().set(path, diff);
    response.addDiffs(path);
    if (replace) response.addReplaces(path);
  }
  return response;
}

/** An error as gRPC carries it; a resource that was made nevertheless travels in the details. */
export function failureDetails(error: Error): Partial<grpc.StatusObject> {
  const details = error.message;
  if (!(error instanceof PartialFailure)) return { code: grpc.status.UNKNOWN, details };
  const failed = new messages.ErrorResourceInitFailed();
  failed.setId(error.id);
  failed.setProperties(struct.Struct.fromJavaScript(propertiesToWire(error.outputs)));
  failed.setReasonsList(error.reasons);
  const packed = new any.Any();
  packed.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusMessages.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(details);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  // The well-known place of structured details in Go's gRPC.
  metadata.set("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details, metadata };
}
