import type { Row } from "../../../../data/quality/warehouse/client.ts";
import type { ResourceType } from "../kit/resources.ts";
import { Fields, type Inputs } from "../kit/schema.ts";
import { type Properties, unknown, type Value } from "../kit/values.ts";
import { client, run } from "./connection.ts";
import { alterations, assignments, name, type PropertyTable, text } from "./sql.ts";

interface ObjectKind {
  /** `WAREHOUSE` */
  kind: string;
  properties: PropertyTable;
  inputs: Inputs;
  /** Properties of CREATE that ALTER does not have. */
  atCreation?: PropertyTable;
  /** SQL after the properties, e.g. a monitor's triggers. */
  tail?: (inputs: Properties) => string;
  /** Columns of SHOW by input, from which a refresh detects drift. */
  shown?: Record<string, string>;
}

const labelOf = (inputs: Properties) => new Fields(inputs).string("name") ?? "";
/** `"DATABASE"."SCHEMA"`, as in the official provider. */
function fullName(inputs: Properties): string {
  const database = new Fields(inputs).string("database");
  return [...(database === undefined ? [] : [database]), labelOf(inputs)].map(name).join(".");
}

async function find(kind: string, inputs: Properties, signal: AbortSignal): Promise<Row | undefined> {
  const database = new Fields(inputs).string("database");
  const label = labelOf(inputs);
  const plural = `${kind}S`;
  const sql =
    kind === "SCHEMA"
      ? `SHOW SCHEMAS IN DATABASE ${name(database ?? "")}`
      : kind === "DATABASE"
        ? "SHOW DATABASES"
        : `SHOW ${plural} LIKE ${text(label)}`;
  const rows = await client().query(sql, [], signal);
  return rows.find((row) => row.name === label);
}

/** The inputs with the current values from SHOW. */
function refreshed(inputs: Properties, row: Row, shown: Record<string, string>): Properties {
  const now = Object.entries(shown).flatMap(([input, column]): [string, Value][] => {
    const before = inputs[input];
    const value = row[column];
    if (before === undefined || value === undefined || value === null) return [];
    return [[input, typeof before === "number" ? Number(value) : value]];
  });
  return { ...inputs, ...Object.fromEntries(now) };
}

/** Whether to adopt existing objects, which the lab sets because an interrupted update may have created them. */
const takesOver = () => process.env.LAB_TAKEOVER === "true";

/** A resource type whose objects are created by CREATE, changed by ALTER and removed by DROP. */
export function objectType({
  kind,
  properties,
  inputs,
  atCreation,
  tail,
  shown = {},
}: ObjectKind): ResourceType {
  const outputs = (given: Properties): Properties => ({ ...given, fullyQualifiedName: fullName(given) });
  return {
    inputs: { name: { type: "string", required: true }, ...inputs },
    async create({ inputs: given, preview, signal }) {
      if (preview) return { id: "", outputs: { ...given, fullyQualifiedName: unknown } };
      const words = [
        `CREATE ${kind} ${fullName(given)}`,
        ...assignments({ ...properties, ...atCreation }, given),
        tail?.(given) ?? "",
      ];
      try {
        await run([words.filter(Boolean).join(" ")], signal);
      } catch (error) {
        if (!takesOver() || !/already exists/.test(String(error))) throw error;
        await run(alterations(properties, `${kind} ${fullName(given)}`, {}, given), signal);
      }
      return { id: fullName(given), outputs: outputs(given) };
    },
    async update({ oldInputs, news, preview, signal }) {
      const before = fullName(oldInputs);
      if (fullName(news) !== before) {
        throw new Error(
          `${kind.toLowerCase()} ${before} cannot be renamed: the lab does not support this, unlike the official plugin`,
        );
      }
      if (!preview) {
        const statements = alterations(properties, `${kind} ${before}`, oldInputs, news);
        const after = tail?.(news) ?? "";
        if (after !== (tail?.(oldInputs) ?? "")) statements.push(`ALTER ${kind} ${before} SET ${after}`);
        await run(statements, signal);
      }
      return { outputs: outputs(news) };
    },
    async read({ id, state, inputs: given, signal }) {
      const row = await find(kind, state, signal);
      if (!row) return { id: "", outputs: {}, inputs: {} };
      const now = refreshed(given, row, shown);
      return { id, outputs: outputs({ ...state, ...now }), inputs: now };
    },
    async delete({ state, signal }) {
      await run([`DROP ${kind} IF EXISTS ${fullName(state)}`], signal);
    },
  };
}
