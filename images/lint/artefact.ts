import { pythonWheel } from "../../tools/artefacts/pythonWheel.ts";

/** The linter of Dockerfiles. The result is the file `bin/hadolint`. */
export const hadolint = pythonWheel({
  name: "hadolint",
  title: "install hadolint",
  folder: import.meta.dirname,
});
