/** What goes wrong on command. */
export interface Faults {
  /** `refuse` answers 503, `cut` ends the connection, both whatever is asked. */
  down: "refuse" | "cut" | null;
  /** So many statements fail as a warehouse that is overloaded. */
  failStatements: number;
  /** Milliseconds before each answer. */
  delay: number;
}

export const noFaults: Faults = { down: null, failStatements: 0, delay: 0 };

/** Takes changes of faults from a request. @throws Error that names what is unknown */
export function changedFaults(faults: Faults, change: Record<string, unknown>): Faults {
  const next = { ...faults };
  for (const [name, value] of Object.entries(change)) {
    if (name === "down" && (value === "refuse" || value === "cut" || value === null)) next.down = value;
    else if ((name === "failStatements" || name === "delay") && typeof value === "number" && value >= 0)
      next[name] = value;
    else
      throw new Error(
        `no such fault: ${name} = ${JSON.stringify(value)}; there are down, failStatements, delay`,
      );
  }
  return next;
}
