/** An entry of a CycloneDX bill of materials. */
export interface Component {
  type: string;
  name: string;
  version?: string;
  /** Package URL, https://github.com/package-url/purl-spec. */
  purl?: string;
}

/** Fields of each paragraph of a Debian control file; continuation lines are left out. Pure. */
const paragraphs = (text: string): Map<string, string>[] =>
  text.split(/\n{2,}/).map(
    (paragraph) =>
      new Map(
        paragraph.split("\n").flatMap((line): [string, string][] => {
          const [, name, value] = /^([A-Za-z][A-Za-z0-9-]*):\s*(.*)$/.exec(line) ?? [];
          return name === undefined ? [] : [[name, value ?? ""]];
        }),
      ),
  );

/** A setting of `os-release`, without quotes. */
const settingOf = (text: string, name: string): string =>
  new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";

/**
 * Installed packages as dpkg lists them, sorted. `upstream` in a package URL is the source package, which is what Debian's
 * security advisories name. Pure.
 *
 * @param status content of /var/lib/dpkg/status
 * @param release content of /usr/lib/os-release
 */
export function debianComponents(status: string, release: string): Component[] {
  const id = settingOf(release, "ID") || "debian";
  const version = settingOf(release, "VERSION_ID");
  return paragraphs(status)
    .filter((fields) => /\binstalled$/.test(fields.get("Status") ?? ""))
    .map((fields) => {
      const name = fields.get("Package") ?? "";
      const packageVersion = fields.get("Version") ?? "";
      const [, source = name, sourceVersion = packageVersion] =
        /^(\S+)(?: \((.+)\))?$/.exec(fields.get("Source") ?? name) ?? [];
      const same = source === name && sourceVersion === packageVersion;
      const qualifiers = [
        ["arch", fields.get("Architecture") ?? ""],
        ["distro", version ? `${id}-${version}` : id],
        ...(same ? [] : [["upstream", `${source}@${sourceVersion}`]]),
      ].map(([key, value = ""]) => `${key}=${encodeURIComponent(value)}`);
      const purl = `pkg:deb/${id}/${encodeURIComponent(name)}@${encodeURIComponent(packageVersion)}?${qualifiers.join("&")}`;
      return { type: "library", name, version: packageVersion, purl };
    })
    .sort((a, b) => (a.purl < b.purl ? -1 : 1));
}

/** Node.js itself, which no package manager installed. */
export const nodeComponent = (version: string): Component => ({
  type: "application",
  name: "node",
  version,
  purl: `pkg:generic/node@${version}`,
});
