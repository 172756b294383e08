import type { Plain } from "../../../kit/values.ts";
import { isMap } from "../../object/access.ts";

type Step =
  | { kind: "key"; key: string }
  | { kind: "index"; index: number }
  | { kind: "all" }
  | { kind: "filter"; key: string; value: string };

const stepPattern =
  /\.([A-Za-z_][\w-]*)|\['([^']*)'\]|\["([^"]*)"\]|\[(-?\d+)\]|(\[\*\]|\.\*)|\[\?\(@\.([\w-]+)==["']([^"']*)["']\)\]/y;

function parseSteps(path: string): Step[] {
  const steps: Step[] = [];
  const pattern = new RegExp(stepPattern);
  while (pattern.lastIndex < path.length) {
    const position = pattern.lastIndex;
    const match = pattern.exec(path);
    if (!match)
      throw new Error(
        `parsing "${path}": the lab's kubernetes plugin does not support "${path.slice(position)}"`,
      );
    const [, dotted, single, double, index, all, key, value] = match;
    const name = dotted ?? single ?? double;
    if (name !== undefined) steps.push({ kind: "key", key: name });
    else if (index !== undefined) steps.push({ kind: "index", index: Number(index) });
    else if (all !== undefined) steps.push({ kind: "all" });
    else steps.push({ kind: "filter", key: key ?? "", value: value ?? "" });
  }
  return steps;
}

function take(value: Plain, step: Step): Plain[] {
  if (step.kind === "key") {
    const found = isMap(value) ? value[step.key] : undefined;
    return found === undefined ? [] : [found];
  }
  if (step.kind === "all" && isMap(value)) return Object.values(value);
  if (!Array.isArray(value)) return [];
  if (step.kind === "all") return value;
  if (step.kind === "index") {
    const found = value.at(step.index);
    return found === undefined ? [] : [found];
  }
  return value.filter((element) => isMap(element) && String(element[step.key]) === step.value);
}

/** A condition on a value of an object: `{.status.phase}=Running`, or its presence if no value is given. */
export interface Expectation {
  text: string;
  matches(object: Plain): { matched: boolean; message: string };
}

/** Reads `jsonpath={.path}=value`, in kubectl's strict syntax. */
export function parseExpectation(raw: string): Expectation {
  const match = /^jsonpath=(\{\s*(.*?)\s*\})(?:=(.*))?$/.exec(raw);
  if (!match) throw new Error(`${raw}: format should be jsonpath={.path}=value or jsonpath={.path}`);
  const [, path = "", inner = "", wanted] = match;
  if (wanted === "") throw new Error(`${path}= requires a value`);
  const steps = parseSteps(inner.replace(/^\$/, ""));
  const described = wanted === undefined ? path : `${path}=${wanted}`;
  return {
    text: described,
    matches(object) {
      const [found] = steps.reduce<Plain[]>(
        (values, step) => values.flatMap((value) => take(value, step)),
        [object],
      );
      if (found === undefined) return { matched: false, message: `${path} selected nothing` };
      if (wanted === undefined) return { matched: true, message: `Found ${described}` };
      if (Array.isArray(found) || isMap(found)) throw new Error(`"${path}" has a non-primitive value`);
      const value = String(found);
      return value === wanted
        ? { matched: true, message: `Found ${described}` }
        : { matched: false, message: `Waiting for ${described} (found "${value}")` };
    },
  };
}
