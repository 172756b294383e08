/** One JSON line a message on standard output. Callers pass names and numbers, never tokens or bodies. */
export type Log = (
  level: "info" | "warn" | "error",
  message: string,
  fields?: Record<string, unknown>,
) => void;

/** @param server becomes a field of every line */
export const jsonLog =
  (server: string, write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)): Log =>
  (level, message, fields = {}) =>
    write(JSON.stringify({ time: new Date().toISOString(), level, server, message, ...fields }));
