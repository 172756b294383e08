type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Names of fields that hold secrets, also where a connector's published schema does not know the field. */
const secretName = /^(password|passphrase|.*secret|.*token|.*private_?key)$/i;

function namedSecrets(value: unknown): string[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === "string" ? (secretName.test(key) && item !== "" ? [item] : []) : namedSecrets(item),
  );
}

/**
 * Secret values of a configuration: at the places that the connector's schema marks with `secret: true`, whichever of
 * the schema's alternatives the configuration follows, and in fields whose name says so.
 */
export function secretValues(config: unknown, schema: unknown): string[] {
  const found = new Set<string>(namedSecrets(config));
  const visit = (value: unknown, at: unknown): void => {
    if (!isObject(at)) return;
    if (at.secret === true && typeof value === "string" && value !== "") found.add(value);
    for (const keyword of ["oneOf", "anyOf", "allOf"]) {
      const branches = at[keyword];
      if (Array.isArray(branches)) for (const branch of branches) visit(value, branch);
    }
    if (!isObject(value) || !isObject(at.properties)) return;
    for (const [key, property] of Object.entries(at.properties)) visit(value[key], property);
  };
  visit(config, schema);
  return [...found];
}

/** Places where one of `secrets` stands in clear, as JSON pointers. */
export function inClear(value: unknown, secrets: readonly string[], at = ""): string[] {
  if (typeof value === "string") return secrets.some((secret) => value.includes(secret)) ? [at || "/"] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => inClear(item, secrets, `${at}/${key}`));
}
