/**
 * What makes a random resource again when the generation changes. Left out where none is set: stacks from before the
 * setting keep what they have.
 */
export const keepersOf = (generation: number | undefined): { keepers?: Record<string, string> } =>
  generation === undefined ? {} : { keepers: { generation: String(generation) } };
