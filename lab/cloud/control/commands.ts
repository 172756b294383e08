import { z } from "zod";
import type { Backend } from "../backend/backend.ts";
import { findRegion, findType } from "../backend/catalogue.ts";
import { InvalidParameters } from "../backend/errors.ts";
import { quirks } from "../backend/quirks.ts";
import { account, capacity, limits, plannedOutcome, statuses, transitions } from "../store/state.ts";
import { type Faults, fault } from "../wire/faults.ts";
import type { Journal } from "../wire/journal.ts";
import { parse } from "../wire/requests.ts";

export interface ControlContext {
  backend: Backend;
  faults: Faults;
  journal: Journal;
}

export interface Command {
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** Below `/_lab`, with `{id}` as the only parameter. */
  path: string;
  run(
    context: ControlContext,
    call: { id: string; query: URLSearchParams; body: unknown },
  ): object | Promise<object>;
}

const clockChange = z.strictObject({ speed: z.number().nonnegative().max(100_000) });
const advance = z.strictObject({ seconds: z.number().nonnegative() });
const seed = z.strictObject({ seed: z.string().min(1).optional() });
const force = z.strictObject({ status: z.enum(statuses) });
const filled = z.strictObject({ bytesUsed: z.number().int().nonnegative() });
const quotaChange = account.shape.quotas.partial();
const accountChange = z.strictObject({
  standing: account.shape.standing.optional(),
  quotas: quotaChange.optional(),
});

const clockNow = ({ backend }: ControlContext) => ({
  now: backend.clock.now(),
  speed: backend.clock.speed,
});

/** What the lab can do that Lambda cannot. Every change of a table merges into what was there. */
export const commands: readonly Command[] = [
  {
    method: "GET",
    path: "/state",
    run: ({ backend }) => {
      backend.settle();
      return backend.state;
    },
  },
  {
    method: "POST",
    path: "/reset",
    run: async ({ backend, faults, journal }, { body }) => {
      faults.clear();
      await backend.reset(parse(seed, body).seed);
      journal.clear();
      return {};
    },
  },
  {
    method: "PUT",
    path: "/seed",
    run: ({ backend }, { body }) => {
      backend.state.seed = parse(seed.required(), body).seed;
      backend.state.counter = 0;
      backend.store.commit();
      return {};
    },
  },
  { method: "GET", path: "/clock", run: clockNow },
  {
    method: "PUT",
    path: "/clock",
    run: (context, { body }) => {
      context.backend.clock.setSpeed(parse(clockChange, body).speed);
      return clockNow(context);
    },
  },
  {
    method: "POST",
    path: "/clock/advance",
    run: async (context, { body }) => {
      // First what is due now, so that nothing that happened before is dated after.
      await context.backend.settleFully();
      context.backend.clock.advance(parse(advance, body).seconds);
      await context.backend.settleFully();
      return clockNow(context);
    },
  },
  {
    method: "PUT",
    path: "/capacity",
    run: ({ backend }, { body }) => {
      const change = parse(capacity, body);
      for (const [type, places] of Object.entries(change)) {
        if (!findType(type)) throw new InvalidParameters(`${type}: no such instance type`);
        const unknown = Object.keys(places).find((region) => !findRegion(region));
        if (unknown) throw new InvalidParameters(`${type}.${unknown}: no such region`);
        backend.state.capacity[type] = { ...backend.state.capacity[type], ...places };
      }
      backend.store.commit();
      return backend.state.capacity;
    },
  },
  {
    method: "PUT",
    path: "/transitions",
    run: ({ backend }, { body }) => {
      Object.assign(backend.state.transitions, parse(transitions.partial(), body));
      backend.settle();
      backend.store.commit();
      return backend.state.transitions;
    },
  },
  {
    method: "PUT",
    path: "/quirks",
    run: ({ backend }, { body }) => {
      Object.assign(backend.state.quirks, parse(quirks.partial(), body));
      backend.store.commit();
      return backend.state.quirks;
    },
  },
  {
    method: "PUT",
    path: "/limits",
    run: ({ backend }, { body }) => {
      Object.assign(backend.state.limits, parse(limits.partial(), body));
      backend.store.commit();
      return backend.state.limits;
    },
  },
  {
    method: "PUT",
    path: "/account",
    run: ({ backend }, { body }) => {
      const change = parse(accountChange, body);
      if (change.standing) backend.state.account.standing = change.standing;
      Object.assign(backend.state.account.quotas, change.quotas);
      backend.store.commit();
      return backend.state.account;
    },
  },
  {
    method: "POST",
    path: "/outcomes",
    run: ({ backend }, { body }) => {
      backend.state.outcomes.push(parse(plannedOutcome, body));
      backend.store.commit();
      return backend.state.outcomes;
    },
  },
  {
    method: "PUT",
    path: "/instances/{id}",
    run: ({ backend }, { id, body }) => {
      const instance = backend.instances.force(id, parse(force, body).status);
      backend.settle();
      return instance;
    },
  },
  {
    method: "PUT",
    path: "/file-systems/{id}",
    run: ({ backend }, { id, body }) => backend.fileSystems.setBytesUsed(id, parse(filled, body).bytesUsed),
  },
  { method: "GET", path: "/faults", run: ({ faults }) => [...faults.list()] },
  {
    method: "POST",
    path: "/faults",
    run: ({ faults }, { body }) => {
      faults.add(parse(fault, body));
      return [...faults.list()];
    },
  },
  {
    method: "DELETE",
    path: "/faults",
    run: ({ faults }) => {
      faults.clear();
      return [];
    },
  },
  {
    method: "GET",
    path: "/journal",
    run: ({ journal }, { query }) => journal.list(Number(query.get("since") ?? 0)),
  },
  {
    method: "DELETE",
    path: "/journal",
    run: ({ journal }) => {
      journal.clear();
      return [];
    },
  },
];
