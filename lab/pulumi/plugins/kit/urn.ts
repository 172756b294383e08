/** Parts of a URN: `urn:pulumi:<stack>::<project>::<parent types$><type>::<name>`. */
export interface Urn {
  urn: string;
  /** Type token, e.g. `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
}

/** Pure. @throws when the text is no URN */
export function parseUrn(urn: string): Urn {
  const parts = urn.split("::");
  const type = parts[2]?.split("$").at(-1);
  if (parts.length < 4 || !type) throw new Error(`not a URN: ${urn}`);
  return { urn, type, name: parts.slice(3).join("::") };
}
