const { prepareStackTrace } = Error;

/**
 * Pulumi's SDK takes a stack trace for each promise, and vitest looks up each of its positions in source maps, which takes a
 * third of the time of a test with many resources. These traces are shown nowhere.
 */
Error.prepareStackTrace = (error, calls) =>
  calls[0]?.getFileName()?.endsWith("/@pulumi/pulumi/runtime/debuggable.js") || !prepareStackTrace
    ? String(error)
    : prepareStackTrace(error, calls);
