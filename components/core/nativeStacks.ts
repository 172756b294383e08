/**
 * Node runs TypeScript without changing positions, so stack traces need no source maps. The SDK looks for them
 * nevertheless, in several stack traces per resource: a tenth of the time of an update that changes nothing.
 */
Reflect.deleteProperty(Error, "prepareStackTrace");
