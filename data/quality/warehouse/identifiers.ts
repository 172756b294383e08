/** Snowflake's reserved keywords, which Estuary's connector quotes. */
const reserved = new Set(
  (
    "account all alter and any as between by case cast check column connect connection constraint create cross current " +
    "current_date current_time current_timestamp current_user database delete distinct drop dual else exists false " +
    "following for from full grant group gscluster having ilike in increment inner insert intersect into is issue join " +
    "lateral left like localtime localtimestamp minus natural not null of on or order organization qualify regexp revoke " +
    "right rlike row rows sample schema select set some start table tablesample then to trigger true try_cast union " +
    "unique update using values view when whenever where with"
  ).split(" "),
);

/**
 * How the warehouse spells a table, schema or column that Estuary calls `name`. Its connector leaves names of ASCII letters,
 * digits and underscores unquoted, and Snowflake stores those in capitals; others, and reserved words, it quotes as they
 * are. Pure.
 */
export const warehouseName = (name: string): string =>
  /^[_A-Za-z][_0-9A-Za-z]*$/.test(name) && !reserved.has(name.toLowerCase()) ? name.toUpperCase() : name;

/** The same in quotes, for SQL: quoted names are taken letter by letter. Pure. */
export const warehouseIdentifier = (name: string): string => `"${warehouseName(name).replaceAll('"', '""')}"`;
