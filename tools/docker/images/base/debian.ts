/** Suites of the Debian release that lab images are made of. */
const suites = ["bookworm", "bookworm-updates", "bookworm-security"];

interface Source {
  uris: string[];
  suites: string[];
  components: string[];
}

function oneLine(line: string): Source | undefined {
  const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.trim());
  if (!match) return undefined;
  const [, uri = "", suite = "", components = ""] = match;
  return { uris: [uri], suites: [suite], components: components.split(/\s+/) };
}

function stanza(text: string): Source | undefined {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  const field = (name: string) => {
    const line = lines.find((each) => each.toLowerCase().startsWith(`${name}:`)) ?? "";
    return line
      .slice(name.length + 1)
      .trim()
      .split(/\s+/)
      .filter(Boolean);
  };
  if (!field("types").includes("deb") || field("enabled").includes("no")) return undefined;
  return { uris: field("uris"), suites: field("suites"), components: field("components") };
}

/**
 * Debian's own package sources among the texts of a machine's `sources.list` and `*.sources` files, as one-line entries:
 * behind a mirror, images come from that mirror, too. Sources that carry a password are left out. Pure.
 */
export function debianSources(files: { name: string; text: string }[]): string[] {
  const sources = files.flatMap(({ name, text }) =>
    name.endsWith(".sources") ? text.split(/\n\s*\n/).map(stanza) : text.split("\n").map(oneLine),
  );
  const lines = sources
    .filter((source) => source !== undefined)
    .filter(({ components }) => components.includes("main"))
    .flatMap(({ uris, suites: named }) =>
      uris.flatMap((uri) => named.filter((suite) => suites.includes(suite)).map((suite) => ({ uri, suite }))),
    )
    .filter(({ uri }) => /^https?:\/\/[^@]+$/.test(uri))
    .map(({ uri, suite }) => `deb ${uri} ${suite} main`);
  // Updates alone make no system.
  return lines.some((line) => line.includes(" bookworm main")) ? [...new Set(lines)] : [];
}
