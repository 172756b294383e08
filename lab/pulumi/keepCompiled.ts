import module from "node:module";

/** Seconds after the start: by the last, what is loaded on first use is there too. */
const moments = [2, 10, 60];

/**
 * Writes what Node compiled into its cache while the process runs. Node does so itself where a process ends by itself;
 * plugins are killed by the engine, and would compile all their modules at each start.
 */
for (const seconds of moments) setTimeout(() => module.flushCompileCache(), seconds * 1000).unref();
