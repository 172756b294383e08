/**
 * Version of a required module as a go.mod states it, after `replace`. Pure.
 * @param file path of the go.mod, for the error
 */
export function moduleVersion(goMod: string, module: string, file: string): string {
  const escaped = module.replaceAll(".", "\\.");
  const replaced = new RegExp(`^replace ${escaped} => ${escaped} (v\\S+)`, "m").exec(goMod);
  const required = new RegExp(`^(?:require)?\\s+${escaped} (v\\S+)`, "m").exec(goMod);
  const version = replaced?.[1] ?? required?.[1];
  if (!version) throw new Error(`${file} does not name a version of ${module}`);
  return version;
}
