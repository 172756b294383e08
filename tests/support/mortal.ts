/** When in the life of its n-th request a process dies. */
export interface Death {
  request: number;
  phase: "before" | "handled" | "replied";
}

/** A process that dies on command. From then on it hangs at whatever it does next, so that nothing follows, as in reality. */
export interface Mortal {
  died: Promise<"died">;
  /** Requests sent, in order. */
  requests: string[];
  /** Never returns to the dead. */
  alive(): Promise<void>;
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
  let dead = false;
  const alive = async () => {
    if (dead) await new Promise<never>(() => undefined);
  };
  const maybeDie = (number: number, phase: Death["phase"]) => {
    if (death?.request !== number || death.phase !== phase) return;
    dead = true;
    resolve("died");
  };
  const send: typeof fetch = async (input, init) => {
    await alive();
    const number = requests.push(nameOf(input, init)) - 1;
    maybeDie(number, "before");
    await alive();
    const response = await fetch(input, init);
    const text = await response.text();
    maybeDie(number, "handled");
    await alive();
    maybeDie(number, "replied");
    return new Response(text, { status: response.status });
  };
  return { died, requests, alive, send };
}
