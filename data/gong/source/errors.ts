/** Why a run cannot continue. Everything that was committed before is kept. */
export class GongError extends Error {
  /** `later`: temporary, the next run continues. `cursor`: the page's cursor has expired. */
  readonly kind: "fault" | "later" | "cursor";

  constructor(message: string, kind: "fault" | "later" | "cursor" = "fault", options?: ErrorOptions) {
    super(message, options);
    this.name = "GongError";
    this.kind = kind;
  }
}
