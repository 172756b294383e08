// Types and names of the program's resources, as its state and its plans have them.

/**
 * Type of a resource whose provider is part of the program.
 * @param type e.g. `lambda:Instance`
 */
export const dynamic = (type: string): string => `pulumi-nodejs:dynamic/${type}`;

/** Type of a host's machine. */
export const instanceType = dynamic("lambda:Instance");

/** Host of a machine, by the machine's name: `fleet-backend` is that of `backend`. */
export const hostOf = (name: string): string => name.replace(/^fleet-/, "");
