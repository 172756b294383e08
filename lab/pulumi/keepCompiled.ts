import module from "node:module";

/** Seconds after the start. The last one covers modules that are loaded on first use. */
const moments = [2, 10, 60];

/**
 * Flushes Node's compile cache while the process runs. Node does this when a process exits, but the engine kills its
 * plugins, so they would compile all their modules at each start.
 */
for (const seconds of moments) setTimeout(() => module.flushCompileCache(), seconds * 1000).unref();
