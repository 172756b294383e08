import { waitFor } from "../../../components/core/wait.ts";
import type { TestMachine } from "./machine.ts";

interface Health {
  status: number;
  body: { checks: Record<string, { ok: boolean }> };
}

/** What the health service of a machine answers. */
export async function health({ host }: TestMachine): Promise<Health> {
  const answer = await fetch(`http://${host.address}:8080/health`);
  return { status: answer.status, body: (await answer.json()) as Health["body"] };
}

/** An answer is good for some seconds, so a change shows a little later. */
export const healthIs = (machine: TestMachine, status: number): Promise<Health> =>
  waitFor<Health>({ what: `health ${status}`, deadline: 180, interval: 1 }, async () => {
    const now = await health(machine);
    return now.status === status ? now : { notYet: JSON.stringify(now) };
  });
