/**
 * Keepers that replace a random resource when the generation changes. Default: none, so that stacks from before the
 * setting keep their values.
 */
export const keepersOf = (generation: number | undefined): { keepers?: Record<string, string> } =>
  generation === undefined ? {} : { keepers: { generation: String(generation) } };
