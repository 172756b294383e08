import type { ResourceType } from "../kit/resources.ts";
import { Fields, type Input } from "../kit/schema.ts";
import type { Properties } from "../kit/values.ts";
import { client, run } from "./connection.ts";
import { name } from "./sql.ts";

const fixed: Input = { type: "string", replace: true };
const required: Input = { ...fixed, required: true };

/** The user or role that receives a role. */
function granteeOf(inputs: Properties): { kind: "ROLE" | "USER"; label: string } {
  const fields = new Fields(inputs);
  const user = fields.string("userName");
  return user === undefined
    ? { kind: "ROLE", label: fields.string("parentRoleName") ?? "" }
    : { kind: "USER", label: user };
}
const roleOf = (inputs: Properties) => new Fields(inputs).string("roleName") ?? "";

export const grantAccountRole: ResourceType = {
  inputs: { roleName: required, userName: fixed, parentRoleName: fixed },
  check({ userName, parentRoleName }) {
    if ((userName === undefined) !== (parentRoleName === undefined)) return [];
    return [{ property: "userName", reason: "exactly one of userName and parentRoleName must be given" }];
  },
  async create({ inputs, preview, signal }) {
    if (preview) return { id: "", outputs: inputs };
    const { kind, label } = granteeOf(inputs);
    await run([`GRANT ROLE ${name(roleOf(inputs))} TO ${kind} ${name(label)}`], signal);
    return { id: `${name(roleOf(inputs))}|${kind}|${name(label)}`, outputs: inputs };
  },
  async read({ id, state, inputs, signal }) {
    const { kind, label } = granteeOf(state);
    const rows = await client().query(`SHOW GRANTS OF ROLE ${name(roleOf(state))}`, [], signal);
    const exists = rows.some(({ granted_to, grantee_name }) => granted_to === kind && grantee_name === label);
    return { id: exists ? id : "", outputs: state, inputs };
  },
  async delete({ state, signal }) {
    const { kind, label } = granteeOf(state);
    await run([`REVOKE ROLE ${name(roleOf(state))} FROM ${kind} ${name(label)}`], signal);
  },
};

/** The object of a grant, in SQL and as part of the id. */
interface Place {
  sql: string;
  id: string;
}

function placeOf(inputs: Properties): Place {
  const fields = new Fields(inputs);
  if (fields.boolean("onAccount")) return { sql: "ACCOUNT", id: "OnAccount" };
  const object = fields.object("onAccountObject");
  if (object) {
    const kind = object.string("objectType") ?? "";
    const label = name(object.string("objectName") ?? "");
    return { sql: `${kind} ${label}`, id: `OnAccountObject|${kind}|${label}` };
  }
  const schema = fields.object("onSchema")?.string("schemaName");
  if (schema) return { sql: `SCHEMA ${schema}`, id: `OnSchema|OnSchema|${schema}` };
  const inside = fields.object("onSchemaObject");
  for (const [input, word, spelt] of [
    ["future", "FUTURE", "OnFuture"],
    ["all", "ALL", "OnAll"],
  ] as const) {
    const many = inside?.object(input);
    if (!many) continue;
    const plural = many.string("objectTypePlural") ?? "";
    const place = many.string("inSchema") ?? "";
    return {
      sql: `${word} ${plural} IN SCHEMA ${place}`,
      id: `OnSchemaObject|${spelt}|${plural}|InSchema|${place}`,
    };
  }
  const kind = inside?.string("objectType") ?? "";
  const label = inside?.string("objectName") ?? "";
  return { sql: `${kind} ${label}`, id: `OnSchemaObject|OnObject|${kind}|${label}` };
}

const privilegesOf = (inputs: Properties): string[] => {
  const fields = new Fields(inputs);
  return fields.boolean("allPrivileges") ? ["ALL PRIVILEGES"] : (fields.strings("privileges") ?? []);
};
const grantee = (inputs: Properties) => name(new Fields(inputs).string("accountRoleName") ?? "");

const idOf = (inputs: Properties): string => {
  const privileges = privilegesOf(inputs).join(",").replace("ALL PRIVILEGES", "ALL");
  return `${grantee(inputs)}|false|false|${privileges}|${placeOf(inputs).id}`;
};

const granting = (inputs: Properties, privileges: string[]) =>
  `GRANT ${privileges.join(", ")} ON ${placeOf(inputs).sql} TO ROLE ${grantee(inputs)}`;
const revoking = (inputs: Properties, privileges: string[]) =>
  `REVOKE ${privileges.join(", ")} ON ${placeOf(inputs).sql} FROM ROLE ${grantee(inputs)}`;

const bare = (text: string) => text.replaceAll('"', "");

/** Whether a row of SHOW GRANTS belongs to this grant. A grant on ALL is shown for each object. */
function isOn(row: Record<string, string | null>, inputs: Properties): boolean {
  const place = placeOf(inputs).sql;
  const shown = bare(row.name ?? "");
  if (bare(`"${row.grantee_name}"`) !== bare(grantee(inputs))) return false;
  if (place === "ACCOUNT") return shown === "ACCOUNT";
  if (place.startsWith("ALL ")) return true;
  const object = bare(place.slice(place.lastIndexOf(" ") + 1));
  return place.startsWith("FUTURE ") ? shown.startsWith(`${object}.<`) : shown === object;
}

const once: Input["refused"] = "the lab's Snowflake does not store this option";
const many: Input = {
  type: "object",
  fields: {
    objectTypePlural: { type: "string", required: true },
    inSchema: { type: "string", required: true },
    inDatabase: { type: "string", refused: "use inSchema" },
  },
};

export const grantPrivileges: ResourceType = {
  inputs: {
    accountRoleName: required,
    privileges: { type: "array", each: { type: "string" } },
    allPrivileges: { type: "boolean", replace: true },
    onAccount: { type: "boolean", replace: true },
    onAccountObject: {
      type: "object",
      replace: true,
      fields: {
        objectType: { type: "string", required: true },
        objectName: { type: "string", required: true },
      },
    },
    onSchema: {
      type: "object",
      replace: true,
      fields: {
        schemaName: { type: "string", required: true },
        allSchemasInDatabase: { type: "string", refused: once },
        futureSchemasInDatabase: { type: "string", refused: once },
      },
    },
    onSchemaObject: {
      type: "object",
      replace: true,
      fields: { future: many, all: many, objectType: { type: "string" }, objectName: { type: "string" } },
    },
    alwaysApply: { type: "boolean", refused: once },
    alwaysApplyTrigger: { type: "string", refused: once },
    withGrantOption: { type: "boolean", refused: once },
  },
  check(inputs) {
    const places = ["onAccount", "onAccountObject", "onSchema", "onSchemaObject"].filter(
      (place) => inputs[place] !== undefined,
    );
    const failures = [];
    if (places.length !== 1)
      failures.push({
        property: "onAccountObject",
        reason: "exactly one of onAccount, onAccountObject, onSchema and onSchemaObject must be given",
      });
    if (privilegesOf(inputs).length === 0)
      failures.push({ property: "privileges", reason: "privileges or allPrivileges must be given" });
    return failures;
  },
  async create({ inputs, preview, signal }) {
    if (preview) return { id: "", outputs: inputs };
    await run([granting(inputs, privilegesOf(inputs))], signal);
    return { id: idOf(inputs), outputs: inputs };
  },
  async update({ oldInputs, news, preview, signal }) {
    const before = privilegesOf(oldInputs);
    const after = privilegesOf(news);
    const removed = before.filter((privilege) => !after.includes(privilege));
    const added = after.filter((privilege) => !before.includes(privilege));
    if (!preview) {
      await run(
        [
          ...(added.length > 0 ? [granting(news, added)] : []),
          ...(removed.length > 0 ? [revoking(news, removed)] : []),
        ],
        signal,
      );
    }
    return { outputs: news };
  },
  async read({ id, state, inputs, signal }) {
    const future = new Fields(state).object("onSchemaObject")?.object("future")?.string("inSchema");
    const sql = future ? `SHOW FUTURE GRANTS IN SCHEMA ${future}` : `SHOW GRANTS TO ROLE ${grantee(state)}`;
    const rows = await client().query(sql, [], signal);
    const held = new Set(rows.filter((row) => isOn(row, state)).map(({ privilege }) => privilege));
    const exists = privilegesOf(state).every((privilege) => held.has(privilege));
    return { id: exists ? id : "", outputs: state, inputs };
  },
  async delete({ state, signal }) {
    await run([revoking(state, privilegesOf(state))], signal);
  },
};
