import { z } from "zod";
import {
  createFileSystem,
  deleteFileSystem,
  type FileSystemOutputs,
  type FileSystemSpec,
  fileSystemIsRecorded,
  readFileSystem,
} from "../../reconcile/fileSystem.ts";
import { adapt } from "../adapter.ts";
import type { Handler } from "../handler.ts";

export const fileSystem: Handler<FileSystemSpec, FileSystemOutputs> = {
  inputs: () =>
    z.object({
      name: z
        .string()
        .max(60)
        .regex(/^[a-zA-Z]+[0-9a-zA-Z-]*$/, "must be letters, then letters, digits and dashes"),
      region: z.string().min(1),
      stack: z.string().optional(),
    }),
  create: createFileSystem,
  read: readFileSystem,
  diff: async (context, _id, old, inputs) => {
    await fileSystemIsRecorded(context, { ...old, stack: inputs.stack });
    const replaces = (["name", "region"] as const).filter((property) => old[property] !== inputs[property]);
    return { changes: replaces.length > 0, replaces };
  },
  update: async (_context, _id, old) => old,
  delete: deleteFileSystem,
};

export const provider = adapt(fileSystem);
