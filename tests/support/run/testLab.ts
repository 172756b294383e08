import { type Lab, labOf } from "../../../lab/lab.ts";

/**
 * The lab that a test run has for itself, and removes at its end: never the one that a person works with and has exported
 * as `LAB`. Only a name that begins with `test-` is taken from there, as `make test` hands it to its parts.
 *
 * @param otherwise its name without one
 */
export function testLab(environment: Record<string, string | undefined>, otherwise: string): Lab {
  const name = environment.LAB?.startsWith("test-") ? environment.LAB : otherwise;
  return labOf({ ...environment, LAB: name });
}
