import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether a program can be executed by its name alone. @param path like `PATH`, its default */
export const onPath = (program: string, path = process.env.PATH ?? ""): boolean =>
  path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== "";
    } catch {
      return false;
    }
  });
