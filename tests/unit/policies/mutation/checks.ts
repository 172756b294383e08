import type { budgetAdvice } from "../../../../policies/rules/platform/budget.ts";
import { machine } from "../cases/subjects.ts";

const advice = (advise: typeof budgetAdvice): boolean => {
  const said = (monthlyUsd: number, ...machines: Parameters<typeof machine>[0][]) =>
    advise(
      { budget: JSON.stringify({ monthlyUsd }) },
      machines.map((each) => machine(each)),
    ).length;
  const either = ["gpu_1x_a6000", "gpu_1x_a100"];
  return (
    // $796 at least, $1453 at most.
    said(1000, either) === 1 &&
    said(1453, either) === 0 &&
    said(1452, either) === 1 &&
    said(796, either) === 1 &&
    said(795, either) === 0 &&
    said(1500, either, 1) === 1 &&
    said(1000) === 0 &&
    advise({}, [machine(either)]).length === 0
  );
};

/** Whether what the pack exports beside rules does what it must, by its name. */
export const checks: Record<string, (made: unknown) => boolean> = {
  budgetAdvice: (made) => advice(made as typeof budgetAdvice),
};
