/**
 * Something exists although making it ready failed. Pulumi keeps what this carries in its state as a partly created
 * resource, so that the next `up` continues with it and `destroy` removes it. (The three field names are Pulumi's.)
 */
export class InitFailed<Outputs extends object> extends Error {
  readonly id: string;
  properties: Outputs;
  readonly reasons: string[];
  constructor(id: string, properties: Outputs, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "InitFailed";
    this.id = id;
    this.properties = properties;
    this.reasons = [reason];
  }
}

/**
 * Runs the create or update of a dynamic provider. A resource that it leaves partly created is recorded with the inputs,
 * to which the provider's stored text belongs: without that text the resource could never be read or deleted.
 */
export async function recordingInitFailure<T>(
  inputs: Record<string, unknown>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InitFailed) error.properties = { ...inputs, ...error.properties };
    throw error;
  }
}
