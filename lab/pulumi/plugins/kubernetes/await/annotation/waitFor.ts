import type { KubeObject } from "../../object/access.ts";
import { number, text } from "../../object/access.ts";
import type { Judgement } from "../awaiter.ts";
import { info } from "../awaiter.ts";
import { condition } from "../pods.ts";
import { parseExpectation } from "./jsonPath.ts";

type Check = (object: KubeObject) => { matched: boolean; message: string };

function parseCondition(expression: string): Check {
  const [type = "", status = "True"] = expression.replace(/^condition=/, "").split("=");
  return (object) => {
    const found = condition(object, type);
    const message = found
      ? `Waiting for condition ${type}=${status} (found "${text(found, "status")}")`
      : `Waiting for condition ${type}`;
    return { matched: text(found, "status") === status, message };
  };
}

function parse(expression: string): Check {
  if (expression.startsWith("jsonpath=")) {
    const expectation = parseExpectation(expression);
    return (object) => expectation.matches(object);
  }
  if (expression.startsWith("condition=")) return parseCondition(expression);
  throw new Error(`expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
}

function expressionsOf(annotation: string): string[] {
  if (!annotation.trimStart().startsWith("[")) return [annotation];
  const values: unknown = JSON.parse(annotation);
  if (!Array.isArray(values) || values.length === 0 || !values.every((value) => typeof value === "string"))
    throw new Error("at least one condition must be specified");
  return values;
}

/** The judge for the annotation `pulumi.com/waitFor`: one condition, or a JSON list of which all must hold. */
export function waitForAnnotation(annotation: string): (live: KubeObject) => Judgement {
  const checks = expressionsOf(annotation).map(parse);
  return (live) => {
    const observed = number(live, "status", "observedGeneration");
    if (observed !== undefined && observed < (number(live, "metadata", "generation") ?? 0))
      return { ready: false, reasons: ["the controller has not seen this generation"] };
    const open = checks.map((check) => check(live)).filter(({ matched }) => !matched);
    if (open.length === 0) return { ready: true };
    const reasons = open.map(({ message }) => message);
    return { ready: false, reasons, messages: reasons.map(info) };
  };
}
