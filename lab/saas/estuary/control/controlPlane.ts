import type { LiveSpecs, Plane } from "../plane/types.ts";
import { type Build, build } from "./build.ts";
import { liveSpecs } from "./live.ts";
import { type Draft, type DraftSpec, type JobType, type Publication, Store } from "./state.ts";

export interface ControlPlaneOptions {
  /** Runs what is live. */
  plane: Plane;
  /** Prefixes that the service account administers. Default: everything below `sophia/`. */
  prefixes?: readonly string[];
  /** Where drafts, publications and live specs are kept over restarts. Default: in memory. */
  stateFile?: string;
  /** Seconds that a publication stays queued. Default 1. */
  publishSeconds?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** An end that the next publications come to, whatever they hold. */
export interface PlannedEnd {
  type: Exclude<JobType, "queued" | "success">;
  /** How many publications. Default 1. */
  next?: number;
  detail?: string;
}

/** Publications that are over and can still be asked for. */
const keptPublications = 200;

/** What Estuary's control plane keeps and does, without its wire. */
export class ControlPlane {
  readonly store: Store;
  readonly plane: Plane;
  readonly now: () => number;
  readonly #options: ControlPlaneOptions;
  #planned: (PlannedEnd & { next: number })[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.plane = options.plane;
    this.now = options.now ?? Date.now;
    this.store = new Store(options.stateFile);
    this.plane.apply(this.specs());
  }

  get masterKey(): Buffer {
    return Buffer.from(this.store.state.masterKey, "hex");
  }

  /** What is live, decrypted. */
  specs(): LiveSpecs {
    return liveSpecs(this.masterKey, this.store.state.live);
  }

  plan(end: PlannedEnd): void {
    this.#planned.push({ next: 1, ...end });
  }

  createDraft(detail: string | undefined): Draft {
    const id = this.store.nextId();
    const made: Draft = {
      id,
      createdAt: this.now(),
      specs: {},
      errors: [],
      ...(detail !== undefined && { detail }),
    };
    this.store.state.drafts[id] = made;
    this.store.commit();
    return made;
  }

  stage(draftId: string, specs: Record<string, DraftSpec>): void {
    const draft = this.draft(draftId);
    Object.assign(draft.specs, specs);
    this.store.commit();
  }

  unstage(draftId: string, names: readonly string[]): void {
    const draft = this.draft(draftId);
    for (const name of names) delete draft.specs[name];
    this.store.commit();
  }

  deleteDraft(draftId: string): void {
    this.draft(draftId);
    delete this.store.state.drafts[draftId];
    this.store.commit();
  }

  draft(id: string): Draft {
    const found = this.store.state.drafts[id];
    if (!found) throw new Error(`draft ${id} was not found`);
    return found;
  }

  /** Equal to what is live, text for text: what `prune` would take out. */
  isUnchanged(name: string, spec: DraftSpec): boolean {
    const live = this.store.state.live[name];
    if (spec.model === undefined) return live === undefined;
    return (
      live !== undefined &&
      live.type === spec.type &&
      JSON.stringify(live.model) === JSON.stringify(spec.model)
    );
  }

  queue(draftId: string, given: { detail?: string | undefined; dryRun?: boolean }): Publication {
    const specs = structuredClone(this.draft(draftId).specs);
    const id = this.store.nextId();
    const made: Publication = {
      id,
      draftId,
      dryRun: given.dryRun ?? false,
      dueAt: this.now() + (this.#options.publishSeconds ?? 1) * 1000,
      type: "queued",
      specs,
      incompatible: [],
      lockFailures: [],
      ...(given.detail !== undefined && { detail: given.detail }),
    };
    const { publications } = this.store.state;
    publications[id] = made;
    const over = Object.values(publications).filter(({ type }) => type !== "queued");
    for (const old of over.slice(0, -keptPublications)) delete publications[old.id];
    this.store.commit();
    return made;
  }

  /** Milliseconds until the next publication is due; undefined when none is queued. */
  nextDue(): number | undefined {
    const due = Object.values(this.store.state.publications).flatMap(({ type, dueAt }) =>
      type === "queued" ? [dueAt] : [],
    );
    return due.length === 0 ? undefined : Math.max(0, Math.min(...due) - this.now());
  }

  /** Carries out the publications that are due, one after the other. */
  settle(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      for (;;) {
        const queued = Object.values(this.store.state.publications).filter(
          ({ type, dueAt }) => type === "queued" && dueAt <= this.now(),
        );
        const [first] = queued.sort((one, other) => one.dueAt - other.dueAt);
        if (!first) return;
        await this.#carryOut(first);
      }
    });
    return this.#turn;
  }

  async #carryOut(job: Publication): Promise<void> {
    const { state } = this.store;
    const draft = state.drafts[job.draftId];
    const end = (type: JobType, errors: Draft["errors"] = []) => {
      job.type = type;
      job.specs = {};
      if (draft) draft.errors = errors;
      this.store.commit();
    };
    const planned = this.#takePlanned();
    if (planned) {
      const scope = "flow://unknown";
      return end(planned.type, planned.detail ? [{ name: "", scope, detail: planned.detail }] : []);
    }
    if (Object.keys(job.specs).length === 0) return end("emptyDraft");
    const result = build(job.specs, state.live, {
      masterKey: this.masterKey,
      prefixes: this.#options.prefixes ?? ["sophia/"],
    });
    if (result.locked.length > 0) {
      job.lockFailures = result.locked;
      return end("expectPubIdMismatch");
    }
    if (result.faults.length === 0) result.faults.push(...(await this.#validate(result)));
    if (result.faults.length > 0) {
      job.incompatible = result.incompatible;
      return end("buildFailed", result.faults);
    }
    job.pubId = this.store.nextId();
    if (!job.dryRun) {
      await this.#commit(job, result, job.pubId);
      delete state.drafts[job.draftId];
    }
    end("success");
  }

  #takePlanned(): PlannedEnd | undefined {
    const [first] = this.#planned;
    if (!first) return undefined;
    first.next -= 1;
    this.#planned = this.#planned.filter(({ next }) => next > 0);
    return first;
  }

  /** The connectors' own validation, which connects to the endpoints. */
  async #validate({ catalog, changed }: Build): Promise<Draft["errors"]> {
    const tasks = changed.filter((name) => catalog[name]?.type !== "collection");
    if (!this.plane.validate || tasks.length === 0) return [];
    const future = Object.fromEntries(
      Object.entries(catalog).map(([name, spec]) => [name, { ...spec, lastPubId: "" }]),
    );
    const faults = await this.plane.validate(liveSpecs(this.masterKey, future), tasks);
    return faults.map(({ name, binding, detail }) => ({
      name,
      scope: `flow://${catalog[name]?.type ?? "unknown"}/${name}${binding === undefined ? "" : `#/bindings/${binding}`}`,
      detail,
    }));
  }

  async #commit(job: Publication, { catalog, changed, deleted }: Build, pubId: string): Promise<void> {
    const { live } = this.store.state;
    const now = this.now();
    for (const name of changed) {
      const spec = catalog[name];
      if (!spec) continue;
      const old = live[name];
      live[name] = {
        id: old?.id ?? this.store.nextId(),
        createdAt: old?.createdAt ?? now,
        updatedAt: now,
        lastPubId: pubId,
        ...spec,
        ...(job.detail !== undefined && { detail: job.detail }),
      };
    }
    const tasks = deleted.filter((name) => live[name] && live[name].type !== "collection");
    for (const name of deleted) delete live[name];
    this.store.commit();
    this.plane.apply(this.specs());
    await Promise.all(tasks.map((name) => this.plane.delete(name)));
  }
}
