import type { Plan } from "../comment/plan.ts";
import { render } from "../comment/render.ts";
import { type PreviewOptions, type Program, preview } from "./program.ts";

/** Consent that an unattended update needs. */
export interface Allowed {
  /** Delete or replace what holds data: hosts, volumes, namespaces. */
  dataLoss: boolean;
  /** Only what is lost with the disks of this host, which is being replaced. */
  host?: string;
}

const isAllowed = (subject: string, { dataLoss, host }: Allowed): boolean =>
  dataLoss || (host !== undefined && subject === `host ${host}`);

/** Why a plan needs consent, or must not be executed at all; empty when it may be executed. Pure. */
export function objections(plan: Plan, allowed: Allowed): string[] {
  const refused = plan.policies.verdicts.filter(({ mandatory }) => mandatory);
  return [
    ...(plan.succeeded ? [] : ["the preview failed"]),
    ...refused.map(({ rule, resource }) => `policy ${rule} refuses ${resource || "the stack"}`),
    ...plan.effects
      .filter(({ severity, subject }) => severity === "data" && !isAllowed(subject, allowed))
      .map(({ subject, what, why }) => `${subject}: ${what} (${why})`),
  ];
}

/** @throws with all objections, and how to consent */
export function guard(plan: Plan, allowed: Allowed): void {
  const found = objections(plan, allowed);
  if (found.length === 0) return;
  throw new Error(
    `stack ${plan.stack} is not updated, because of its plan:\n${found.map((one) => `  - ${one}`).join("\n")}\n` +
      'If data may be lost, make a backup and run the workflow by hand with "data may be lost" (--data-loss)',
  );
}

/**
 * Plans an update as it will be executed, and guards the plan.
 * @throws with all objections; with the plan when the preview failed
 */
export async function guarded(program: Program, options: PreviewOptions, allowed: Allowed): Promise<void> {
  const plan = await preview(program, options);
  if (!plan.succeeded)
    throw new Error(`stack ${plan.stack} is not updated, because its preview failed:\n${render(plan)}`);
  guard(plan, allowed);
}
