/** Moments of a request: before it is sent, when it was carried out, when the answer is there. */
export const requestPhases = ["before", "handled", "replied"] as const;
/** All other moments: before and after a note in the journal, before a pause, and before an answer to the engine. */
export const otherPhases = ["journal", "noted", "wait", "answer"] as const;
export type Phase = (typeof requestPhases)[number] | (typeof otherPhases)[number];

/** When in its life a process dies: at the n-th moment of a kind, counted from 0. */
export interface Death {
  nth: number;
  phase: Phase;
}

/** A process that dies on command. From then on it hangs at whatever it does next, so that nothing follows, as in reality. */
export interface Mortal {
  died: Promise<"died">;
  /** Requests sent, in order. */
  requests: string[];
  /** How many moments of each kind there were. */
  moments: Record<Phase, number>;
  /** Never returns to the dead. */
  alive(): Promise<void>;
  /** A moment to die in, other than those of requests. Never returns to the dead. */
  at(phase: (typeof otherPhases)[number]): Promise<void>;
  /** `fetch` of the process, which may die in the middle of it. */
  send: typeof fetch;
}

/** @param nameOf a request, as it is listed */
export function mortal(
  death: Death | undefined,
  nameOf: (input: Parameters<typeof fetch>[0], init: RequestInit | undefined) => string,
): Mortal {
  const { promise: died, resolve } = Promise.withResolvers<"died">();
  const requests: string[] = [];
  const moments = Object.fromEntries([...requestPhases, ...otherPhases].map((phase) => [phase, 0])) as Record<
    Phase,
    number
  >;
  let dead = false;
  const alive = async () => {
    if (dead) await new Promise<never>(() => undefined);
  };
  const pass = (phase: Phase) => {
    const number = moments[phase];
    moments[phase] += 1;
    if (death?.nth !== number || death.phase !== phase) return;
    dead = true;
    resolve("died");
  };
  const at = async (phase: Phase) => {
    await alive();
    pass(phase);
    await alive();
  };
  const send: typeof fetch = async (input, init) => {
    await alive();
    requests.push(nameOf(input, init));
    await at("before");
    const response = await fetch(input, init);
    const text = await response.text();
    await at("handled");
    pass("replied");
    return new Response(text, { status: response.status });
  };
  return { died, requests, moments, alive, at, send };
}
