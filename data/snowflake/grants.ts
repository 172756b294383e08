/** A privilege list on one thing; the name of the thing comes from the settings. */
export interface Privileges {
  /** Suffix of the resource's name. */
  suffix: string;
  on: "warehouse" | "database" | "schema" | "future tables";
  privileges: string[];
}

const reach: Privileges[] = [
  // Not OPERATE: the warehouse resumes by itself.
  { suffix: "warehouse", on: "warehouse", privileges: ["USAGE"] },
  { suffix: "database", on: "database", privileges: ["USAGE"] },
];

/** Roles of the warehouse's two users, with the least rights that they need. Names get the stack's suffix. */
export const roles = {
  /** Estuary: creates tables in the schema, and so owns them; it loads through stages and pipes. */
  loader: {
    name: "SOPHIA_LOADER",
    comment: "Estuary: writes the schema's tables",
    user: "SOPHIA_ESTUARY",
    grants: [
      ...reach,
      {
        suffix: "schema",
        on: "schema",
        privileges: ["USAGE", "CREATE TABLE", "CREATE STAGE", "CREATE PIPE"],
      },
    ] as Privileges[],
  },
  /** Quality checks: count and compare. */
  reader: {
    name: "SOPHIA_READER",
    comment: "Reads the schema's tables",
    user: "SOPHIA_QUALITY",
    grants: [
      ...reach,
      { suffix: "schema", on: "schema", privileges: ["USAGE"] },
      { suffix: "tables", on: "future tables", privileges: ["SELECT"] },
    ] as Privileges[],
  },
} as const;
export type RoleName = keyof typeof roles;
