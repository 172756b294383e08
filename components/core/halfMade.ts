/**
 * Something exists although making it ready failed. Pulumi keeps what this carries in its state as a half-made
 * resource, so that the next `up` goes on with it and `destroy` removes it. (The three field names are Pulumi's.)
 */
export class HalfMade<Outputs extends object> extends Error {
  readonly id: string;
  properties: Outputs;
  readonly reasons: string[];
  constructor(id: string, properties: Outputs, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "HalfMade";
    this.id = id;
    this.properties = properties;
    this.reasons = [reason];
  }
}
