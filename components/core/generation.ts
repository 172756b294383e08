/**
 * Keepers that replace a random resource when the generation changes. Default: none, so that stacks from before the
 * setting keep their values.
 */
export const keepersOf = (generation: number | undefined): { keepers?: Record<string, string> } =>
  generation === undefined ? {} : { keepers: { generation: String(generation) } };

/** Random resources that take turns, and which of them has the value in use. */
interface Turns {
  current: 0 | 1;
  /** Of the one, and of the other. */
  options: readonly [ReturnType<typeof keepersOf>, ReturnType<typeof keepersOf>];
}

/**
 * Two random resources, of a generation and of the one before: a new generation replaces the value that is out of use, so
 * that the one in use stays valid until the generation after. One that is higher by two replaces both. Pure.
 * @param generation default: the first
 */
export function turns(generation = 1): Turns {
  const current = generation % 2 === 1 ? 0 : 1;
  const keepers = (turn: 0 | 1) => {
    const own = turn === current ? generation : generation - 1;
    return keepersOf(own === 1 ? undefined : own);
  };
  return { current, options: [keepers(0), keepers(1)] };
}
