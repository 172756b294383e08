/** What a source said of one stream. */
export type Answer =
  /** When the oldest record changed that is newer than what was asked about, in seconds since 1970; undefined: there is none. */
  | { changed: number | undefined }
  /** HTTP status, or `noAnswer`. */
  | { refused: number; why: string };

/** Nothing came: a number that is no HTTP status. */
export const noAnswer = 1;

/** What staging has of a stream; undefined where it has no row. */
export interface Staged {
  /** When the newest of its records changed at the source, in seconds since 1970. */
  newest: number | undefined;
  /** When a row was last loaded, in seconds since 1970. */
  loaded: number | undefined;
}

/** How a stream is at its source. */
export interface AtSource {
  stream: string;
  /** 0 while the source answers. */
  refused: number;
  why?: string | undefined;
  /** When the oldest change was made that staging lacks, in seconds since 1970, as far as the source said. */
  missing?: number | undefined;
  /** Seconds that it has been missing without anything being loaded; undefined where nobody knows. */
  lag?: number | undefined;
}

/**
 * Compares a source's answer with staging. A change counts as missing from the last load on: while a stream is loaded, as for
 * hours at first, its newest records may still come. Pure.
 *
 * @param before the look before, which holds for what a source that refuses does not say
 * @param at seconds since 1970
 */
export function compareWithSource(
  stream: string,
  answer: Answer,
  staged: Staged,
  { before, at }: { before: AtSource | undefined; at: number },
): AtSource {
  const said =
    "changed" in answer ? { refused: 0, missing: answer.changed } : { ...answer, missing: before?.missing };
  const { newest, loaded } = staged;
  const lacks = said.missing !== undefined && newest !== undefined && said.missing > newest;
  if (!lacks) return { stream, ...said, missing: undefined, lag: said.refused === 0 ? 0 : undefined };
  return { stream, ...said, lag: Math.max(0, at - Math.max(said.missing ?? at, loaded ?? 0)) };
}
