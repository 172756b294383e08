/** Why a run cannot go on now. Everything that was read before is kept. */
export class GongError extends Error {
  /** `later`: nothing is broken, and the next run goes on. `cursor`: the page's cursor holds no longer. */
  readonly kind: "fault" | "later" | "cursor";

  constructor(message: string, kind: "fault" | "later" | "cursor" = "fault", options?: ErrorOptions) {
    super(message, options);
    this.name = "GongError";
    this.kind = kind;
  }
}
