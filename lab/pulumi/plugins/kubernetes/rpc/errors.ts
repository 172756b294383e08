import grpc from "@grpc/grpc-js";
import protocol from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { structBytes } from "./messages.ts";
import { InitializationFailed } from "./provider.ts";

/** The error as gRPC carries it; a failed initialization goes along as a status detail. */
export function serviceError(error: unknown): grpc.ServiceError {
  const message = error instanceof Error ? error.message : String(error);
  const metadata = new grpc.Metadata();
  if (error instanceof InitializationFailed) {
    const detail = new protocol.ErrorResourceInitFailed();
    detail.setId(error.id);
    detail.setProperties(struct.Struct.deserializeBinary(structBytes(error.state)));
    detail.setReasonsList(error.reasons);
    if (error.inputs) detail.setInputs(struct.Struct.deserializeBinary(structBytes(error.inputs)));
    const packed = new any.Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const body = new status.Status();
    body.setCode(grpc.status.UNKNOWN);
    body.setMessage(message);
    body.addDetails(packed);
    metadata.add("grpc-status-details-bin", Buffer.from(body.serializeBinary()));
  }
  return Object.assign(new Error(message), { code: grpc.status.UNKNOWN, details: message, metadata });
}
