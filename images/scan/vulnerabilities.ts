import { z } from "zod";

const vulnerabilitySchema = z.looseObject({
  id: z.string(),
  affected: z
    .array(
      z.looseObject({
        package: z.looseObject({ name: z.string(), ecosystem: z.string() }).optional(),
        ranges: z
          .array(
            z.looseObject({ events: z.array(z.looseObject({ fixed: z.string().optional() })).optional() }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});
/** The fields of `osv-scanner --format json` that are read here. */
export const reportSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      packages: z.array(
        z.looseObject({
          package: z.looseObject({ name: z.string(), version: z.string(), ecosystem: z.string() }),
          vulnerabilities: z.array(vulnerabilitySchema).nullish(),
          groups: z
            .array(z.looseObject({ ids: z.array(z.string()), max_severity: z.string().optional() }))
            .nullish(),
        }),
      ),
    }),
  ),
});
export type Report = z.infer<typeof reportSchema>;

/** A known vulnerability of a package in an image. */
export interface Vulnerability {
  id: string;
  /** `name version (ecosystem)` */
  affected: string;
  /** CVSS score, 0 to 10; undefined where the advisory has none. */
  severity: number | undefined;
  /** Versions that fix it. */
  fixed: string[];
}

/** CVSS calls a score from here on high. */
const high = 7;

/**
 * Whether an advisory for one is about packages of the other. `Debian` is about those of `Debian:12` and the other way
 * round; `Debian:13` is not: a version that fixes another release fixes nothing here. Pure.
 */
function isOneEcosystem(one: string, other: string): boolean {
  const [family, release] = one.split(":");
  const [otherFamily, otherRelease] = other.split(":");
  return family === otherFamily && (!release || !otherRelease || release === otherRelease);
}

/** The vulnerabilities in a report, each once for a package and version, highest score first. Pure. */
export function vulnerabilitiesIn(report: Report): Vulnerability[] {
  const found = report.results.flatMap(({ packages }) =>
    packages.flatMap(({ package: { name, version, ecosystem }, vulnerabilities, groups }) =>
      (vulnerabilities ?? []).map((each): Vulnerability => {
        const group = groups?.find(({ ids }) => ids.includes(each.id));
        const severity = Number.parseFloat(group?.max_severity ?? "");
        const same = (each.affected ?? []).filter(
          ({ package: affected }) => affected?.name === name && isOneEcosystem(affected.ecosystem, ecosystem),
        );
        const fixed = same.flatMap(({ ranges }) =>
          (ranges ?? []).flatMap(({ events }) => (events ?? []).flatMap((event) => event.fixed ?? [])),
        );
        return {
          id: each.id,
          affected: `${name} ${version} (${ecosystem})`,
          severity: Number.isNaN(severity) ? undefined : severity,
          fixed: [...new Set(fixed)],
        };
      }),
    ),
  );
  // Several packages that are installed may come from one source, which is what is named.
  const each = new Map(found.map((one) => [`${one.id} ${one.affected}`, one]));
  return [...each.values()].sort(
    (a, b) => (b.severity ?? high) - (a.severity ?? high) || a.id.localeCompare(b.id),
  );
}

/**
 * Whether a vulnerability must be fixed before a deployment: a fixed version exists, and its score is high or missing.
 * One without a fix does not block: it would block every deployment until the vendor acts. Pure.
 */
export const mustBeFixed = ({ severity, fixed }: Vulnerability): boolean =>
  fixed.length > 0 && (severity ?? high) >= high;

/**
 * Scans images one after the other; a failing one does not end the run.
 * @param report receives the result of each image as soon as it is known
 * @returns whether no image has a vulnerability that must be fixed
 * @throws when an image could not be scanned
 */
export async function scanAll<Image extends { name: string }>(
  images: readonly Image[],
  scan: (image: Image) => Promise<Report>,
  report: (text: string) => void,
): Promise<boolean> {
  let all = true;
  for (const image of images) {
    const { passes, text } = verdictOf(image.name, vulnerabilitiesIn(await scan(image)));
    report(text);
    all &&= passes;
  }
  return all;
}

/** The result for one image as text, and whether it may be deployed. Pure. */
export function verdictOf(image: string, all: Vulnerability[]): { passes: boolean; text: string } {
  const blocking = all.filter(mustBeFixed);
  const others = all.length - blocking.length;
  const rest = others > 0 ? `; ${others} more with a lower score or without a fix` : "";
  const count = `${blocking.length} ${blocking.length === 1 ? "vulnerability" : "vulnerabilities"} to fix`;
  const head = blocking.length === 0 ? `✔ ${image}: no vulnerability to fix` : `✘ ${image}: ${count}`;
  const lines = blocking.map(
    ({ id, affected, severity, fixed }) =>
      `  ${id}  ${severity?.toFixed(1) ?? "no score"}  ${affected}, fixed in ${fixed.join(", ")}`,
  );
  return { passes: blocking.length === 0, text: [`${head}${rest}`, ...lines].join("\n") };
}
