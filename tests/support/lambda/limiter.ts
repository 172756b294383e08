import type { Limiter } from "../../../lambda/client/limiter.ts";

/** For endpoints without limits. */
export const unlimited: Limiter = {
  turn: async () => undefined,
  pause: async () => undefined,
  held: async () => 0,
};
