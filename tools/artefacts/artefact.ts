/** Something the lab builds once and keeps: a binary, an image, a manifest. */
export interface Artefact {
  /** Unique, lower-case with dashes; also its folder in the cache. */
  name: string;
  /** What the progress line says while it is made, e.g. "build the k3s stand-in". */
  title: string;
  /** Artefacts that must exist before this one is built; their keys are part of this one's key. */
  needs?: Artefact[];
  /** Everything the result depends on: file contents (`hashOf`), versions, flags. Equal text means equal result. */
  key(): Promise<string>;
  /**
   * Makes the result in the empty folder `out`; the folder is moved into the cache only when this returns.
   * Output of tools goes to `log`.
   */
  build(context: BuildContext): Promise<void>;
  /** For results that live outside the cache folder (images in an engine): false makes the build run again. */
  present?(folder: string): Promise<boolean>;
  /** Relative CPU weight: heavy builds are started first. Default 1. */
  weight?: number;
  /** Builds with the same word never run beside each other, as they would only do the same work twice. */
  alone?: string;
}

export interface BuildContext {
  out: string;
  log: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** Cache folder of a needed artefact. */
  folderOf(artefact: Artefact): string;
}

/** What happens to an artefact, for whoever shows progress. */
export type ArtefactEvent =
  | { kind: "cached"; artefact: Artefact; folder: string }
  | { kind: "started"; artefact: Artefact }
  | { kind: "output"; artefact: Artefact; line: string }
  | { kind: "built"; artefact: Artefact; folder: string; seconds: number }
  | { kind: "failed"; artefact: Artefact; seconds: number; error: Error };
