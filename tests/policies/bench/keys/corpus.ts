import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../../tools/repository.ts";
import { lookalikes } from "../../../unit/policies/keys/lookalikes.ts";
import { plantedKeys } from "../../../unit/policies/keys/planted.ts";
import { alphabets, lengths } from "../../../unit/policies/keys/values.ts";
import type { Draw } from "../manifests/random.ts";
import { places } from "./places.ts";

/** A file of a repository. */
export interface Content {
  file: string;
  text: string;
}

/** One file of the corpus. */
export interface Planted extends Content {
  /** What is in it is a key of a known format, a value with nothing but a name that tells, or no key. */
  kind: "format" | "name" | "lookalike";
  place: string;
}

/** Keys of every format, values of every alphabet and length, and lookalikes, each in every place. */
export function corpus(draw: Draw): Planted[] {
  const inPlaces = (id: string, kind: Planted["kind"], text: string): Planted[] =>
    places.map((place, index) => ({
      file: place.file(`${id}-${index}`),
      text: kind === "name" ? place.secret(text) : place.text(text),
      kind,
      place: place.name,
    }));
  const values = Object.values(alphabets).flatMap((alphabet) =>
    lengths.map((length) => draw.text(alphabet, length)),
  );
  return [
    ...plantedKeys().flatMap(({ key }, index) => inPlaces(`format-${index}`, "format", key)),
    ...values.flatMap((value, index) => inPlaces(`name-${index}`, "name", value)),
    ...Object.values(lookalikes()).flatMap((text, index) => inPlaces(`like-${index}`, "lookalike", text)),
  ];
}

/** The tracked files of this repository. */
export function ownTree(): Content[] {
  const listed = execFileSync("git", ["-C", repository, "ls-files", "-z"], { maxBuffer: 2 ** 28 });
  return listed
    .toString()
    .split("\0")
    .filter((file) => file !== "" && statSync(join(repository, file), { throwIfNoEntry: false })?.isFile())
    .map((file) => ({ file, text: readFileSync(join(repository, file), "utf8") }));
}
