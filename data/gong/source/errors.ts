/** Why a run cannot continue. Everything that was committed before is kept. */
export class GongError extends Error {
  /** `later`: temporary, the next run continues. `cursor`: the page's cursor leads nowhere, most likely it has expired. */
  readonly kind: "fault" | "later" | "cursor";

  constructor(message: string, kind: "fault" | "later" | "cursor" = "fault", options?: ErrorOptions) {
    super(message, options);
    this.name = "GongError";
    this.kind = kind;
  }
}

/** Whether a list has to be read again from its first page. */
export const expired = (error: unknown): boolean => error instanceof GongError && error.kind === "cursor";
