import type { PlainObject } from "../../kit/values.ts";
import type { KubeObject } from "../object/access.ts";
import { at, list, nameOf, namespaceOf, number, text } from "../object/access.ts";
import type { Message } from "./awaiter.ts";
import { info, warning } from "./awaiter.ts";

/** `namespace/name`, without the namespace `default`. */
export function fullName(object: KubeObject): string {
  const namespace = namespaceOf(object);
  return namespace && namespace !== "default" ? `${namespace}/${nameOf(object)}` : nameOf(object);
}

/** The entry of a type in `status.conditions`. */
export const condition = (object: KubeObject, type: string): PlainObject | undefined =>
  list(object, "status", "conditions").find((entry) => text(entry, "type") === type);
/** Whether a condition holds. */
export const isTrue = (entry: PlainObject | undefined): boolean => text(entry, "status") === "True";

/** Drops what a container runtime wraps around the reason of a failed pull. */
const withoutWrapping = (message: string): string =>
  message
    .replace(/^rpc error: code = Unknown desc = Error response from daemon: /, "")
    .replace(/: manifest unknown$/, "");

function containerErrors(status: PlainObject): string[] {
  if (at(status, "ready") === true) return [];
  const found: string[] = [];
  const waiting = at(status, "state", "waiting");
  const waitingReason = text(waiting, "reason");
  if (waiting && waitingReason !== "ContainerCreating")
    found.push(`[${waitingReason}] ${withoutWrapping(text(waiting, "message"))}`);
  const ended = at(status, "state", "terminated");
  if (text(ended, "reason")) {
    const message = text(ended, "message");
    found.push(
      message
        ? `[${text(ended, "reason")}] ${withoutWrapping(message)}`
        : `container "${text(status, "name")}" completed with exit code ${number(ended, "exitCode") ?? 0}`,
    );
  }
  const before = at(status, "lastState", "terminated");
  if (before) {
    const how = `${text(before, "reason")}: exit code ${number(before, "exitCode") ?? 0}`;
    found.push(`container "${text(status, "name")}" terminated at ${text(before, "finishedAt")} (${how})`);
    if (text(before, "message")) found.push(text(before, "message"));
  }
  return found;
}

function complaint(pod: KubeObject, entry: PlainObject): Message | undefined {
  const errors = list(pod, "status", "containerStatuses").flatMap(containerErrors);
  const message = text(entry, "message");
  if (errors.length === 0 && !message) return undefined;
  const said = text(entry, "reason") && message ? message : "";
  return warning(`[Pod ${fullName(pod)}]: ${said}${errors.join("\n")}`);
}

/** How far a pod is: scheduled, initialized, ready; the first step that is not done tells why. */
export function checkPod(pod: KubeObject): { ready: boolean; steps: Message[]; complaints: Message[] } {
  const steps: Message[] = [];
  const name = fullName(pod);
  const scheduled = condition(pod, "PodScheduled");
  steps.push(info(`Waiting for Pod "${name}" to be scheduled`));
  if (!isTrue(scheduled)) {
    const why = text(scheduled, "reason") ? text(scheduled, "message") : "";
    return { ready: false, steps, complaints: why ? [warning(`[Pod ${name}]: ${why}`)] : [] };
  }
  for (const [type, step] of [
    ["Initialized", "initialized"],
    ["Ready", "ready"],
  ] as const) {
    steps.push(info(`Waiting for Pod "${name}" to be ${step}`));
    const entry = condition(pod, type);
    if (isTrue(entry) || (type === "Ready" && entry && text(pod, "status", "phase") === "Succeeded"))
      continue;
    const found = entry && complaint(pod, entry);
    return { ready: false, steps, complaints: found ? [found] : [] };
  }
  return { ready: true, steps, complaints: [] };
}

/** What is wrong with pods of a workload. */
export const podComplaints = (pods: KubeObject[]): Message[] =>
  pods.flatMap((pod) => checkPod(pod).complaints);
