import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { replaceFile } from "../../../../tools/replaceFile.ts";

const specTypes = ["capture", "collection", "materialization"] as const;
export const specType = z.enum(specTypes);
export type SpecType = z.infer<typeof specType>;
const model = z.record(z.string(), z.unknown());
export type Model = z.infer<typeof model>;

const draftSpec = z.strictObject({
  /** Both absent: a deletion. */
  type: specType.optional(),
  model: model.optional(),
  expectPubId: z.string().optional(),
});
export type DraftSpec = z.infer<typeof draftSpec>;

const fault = z.strictObject({ name: z.string(), scope: z.string(), detail: z.string() });
export type Fault = z.infer<typeof fault>;

const draft = z.strictObject({
  id: z.string(),
  detail: z.string().optional(),
  createdAt: z.number(),
  specs: z.record(z.string(), draftSpec),
  errors: z.array(fault),
});
export type Draft = z.infer<typeof draft>;

const jobTypes = [
  "queued",
  "success",
  "emptyDraft",
  "buildFailed",
  "testFailed",
  "publishFailed",
  "expectPubIdMismatch",
  "buildIdLockFailure",
  "deprecatedBackground",
] as const;
export const jobType = z.enum(jobTypes);
export type JobType = z.infer<typeof jobType>;

const incompatible = z.strictObject({ collection: z.string(), requires_recreation: z.array(z.string()) });
export type Incompatible = z.infer<typeof incompatible>;

const publication = z.strictObject({
  id: z.string(),
  draftId: z.string(),
  dryRun: z.boolean(),
  detail: z.string().optional(),
  /** Milliseconds since 1970 at which it is carried out. */
  dueAt: z.number(),
  type: jobType,
  pubId: z.string().optional(),
  /** What it publishes: work begins at once, so that taking the draft away does not stop it. Empty when it is over. */
  specs: z.record(z.string(), draftSpec),
  incompatible: z.array(incompatible),
  lockFailures: z.array(z.string()),
});
export type Publication = z.infer<typeof publication>;

const liveSpec = z.strictObject({
  id: z.string(),
  type: specType,
  model,
  createdAt: z.number(),
  updatedAt: z.number(),
  lastPubId: z.string(),
  detail: z.string().optional(),
});
export type LiveSpec = z.infer<typeof liveSpec>;

const state = z.strictObject({
  counter: z.number().int(),
  /** Hex; wraps the data key of every encrypted configuration. */
  masterKey: z.string(),
  drafts: z.record(z.string(), draft),
  publications: z.record(z.string(), publication),
  live: z.record(z.string(), liveSpec),
});
export type State = z.infer<typeof state>;

const empty = (): State => ({
  counter: 0,
  masterKey: randomBytes(32).toString("hex"),
  drafts: {},
  publications: {},
  live: {},
});

/** The one holder of state. Whoever changes it calls `commit` before answering, so no answer outlives its cause. */
export class Store {
  state: State;
  readonly #file: string | undefined;

  /** @param file Where state is kept; left out, it lives as long as the process. */
  constructor(file?: string) {
    this.#file = file;
    this.state = (file && load(file)) || empty();
  }

  /** 16 hex digits, as Estuary's ids; those of the lab begin with `1ab0`. */
  nextId(): string {
    this.state.counter += 1;
    return `1ab0${this.state.counter.toString(16).padStart(12, "0")}`;
  }

  reset(): void {
    this.state = { ...empty(), counter: this.state.counter, masterKey: this.state.masterKey };
    this.commit();
  }

  commit(): void {
    if (this.#file) replaceFile(this.#file, JSON.stringify(this.state));
  }
}

function load(file: string): State | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  const result = state.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  throw new Error(
    `${file} is not a state of Estuary's emulator: ${z.prettifyError(result.error)}. Delete it to begin with nothing published.`,
  );
}
