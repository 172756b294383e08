import grpc from "@grpc/grpc-js";
import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { messageOf } from "../../../../../components/core/errors.ts";
import { InitializationFailed } from "../provider.ts";
import { structBytes } from "./messages.ts";

/** The error as a gRPC status; a resource that was created nevertheless is in the status details. */
export function serviceError(error: unknown): grpc.ServiceError {
  const message = messageOf(error);
  const metadata = new grpc.Metadata();
  if (error instanceof InitializationFailed) {
    const detail = new protocol.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(struct.Struct.deserializeBinary(structBytes(error.outputs)));
    detail.setReasonsList(error.reasons);
    if (error.inputs) detail.setInputs(struct.Struct.deserializeBinary(structBytes(error.inputs)));
    const packed = new any.Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const body = new status.Status();
    body.setCode(grpc.status.UNKNOWN);
    body.setMessage(message);
    body.addDetails(packed);
    // The header in which Go's gRPC library expects status details.
    metadata.add("grpc-status-details-bin", Buffer.from(body.serializeBinary()));
  }
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}
