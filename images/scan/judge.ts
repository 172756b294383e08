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
/** What `osv-scanner --format json` says, as far as it matters here. */
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

/** A known hole in something that an image holds. */
export interface Hole {
  id: string;
  /** `name version (ecosystem)` */
  what: string;
  /** CVSS, 0 to 10; undefined where nobody gave one. */
  severity: number | undefined;
  /** Versions that close it. */
  fixed: string[];
}

/** From here on CVSS calls it high. */
const high = 7;

/** The holes that a report names, worst first. Pure. */
export function holesIn(report: Report): Hole[] {
  const holes = report.results.flatMap(({ packages }) =>
    packages.flatMap(({ package: { name, version, ecosystem }, vulnerabilities, groups }) =>
      (vulnerabilities ?? []).map((each): Hole => {
        const group = groups?.find(({ ids }) => ids.includes(each.id));
        const severity = Number.parseFloat(group?.max_severity ?? "");
        // `Debian:12` is asked for as `Debian`, and the other way round.
        const same = (each.affected ?? []).filter(
          ({ package: affected }) =>
            affected?.name === name && affected.ecosystem.split(":")[0] === ecosystem.split(":")[0],
        );
        const fixed = same.flatMap(({ ranges }) =>
          (ranges ?? []).flatMap(({ events }) => (events ?? []).flatMap((event) => event.fixed ?? [])),
        );
        return {
          id: each.id,
          what: `${name} ${version} (${ecosystem})`,
          severity: Number.isNaN(severity) ? undefined : severity,
          fixed: [...new Set(fixed)],
        };
      }),
    ),
  );
  return holes.sort((a, b) => (b.severity ?? high) - (a.severity ?? high) || a.id.localeCompare(b.id));
}

/**
 * Whether a hole stops a deployment: it can be closed, and it is high, or nobody said how bad it is. What nobody can
 * close yet would only teach people to look away. Pure.
 */
export const stops = ({ severity, fixed }: Hole): boolean => fixed.length > 0 && (severity ?? high) >= high;

/**
 * Looks at each image, one after the other, whatever was found in those before.
 * @param tell what is said of an image, as soon as it is known
 * @returns whether all may be deployed
 * @throws when an image could not be looked at: nothing is known of it then
 */
export async function judgeAll<Image extends { name: string }>(
  images: readonly Image[],
  look: (image: Image) => Promise<Report>,
  tell: (text: string) => void,
): Promise<boolean> {
  let all = true;
  for (const image of images) {
    const { passes, text } = verdictOf(image.name, holesIn(await look(image)));
    tell(text);
    all &&= passes;
  }
  return all;
}

/** What is said of one image, and whether it may be deployed. Pure. */
export function verdictOf(image: string, holes: Hole[]): { passes: boolean; text: string } {
  const stopping = holes.filter(stops);
  const open = holes.length - stopping.length;
  const rest = open > 0 ? `; ${open} more are not high, or cannot be closed yet` : "";
  const lines = stopping.map(
    ({ id, what, severity, fixed }) =>
      `  ${id}  ${severity?.toFixed(1) ?? "not rated"}  ${what}, fixed in ${fixed.join(", ")}`,
  );
  const head =
    stopping.length === 0 ? `✔ ${image}: no hole that can be closed` : `✘ ${image}: ${stopping.length}`;
  const closable =
    stopping.length === 0 ? "" : ` high ${stopping.length === 1 ? "hole" : "holes"} to be closed`;
  return { passes: stopping.length === 0, text: [`${head}${closable}${rest}`, ...lines].join("\n") };
}
