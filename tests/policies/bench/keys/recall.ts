import { detect } from "../../../../policies/detector/detect.ts";
import { alphabets, lengths } from "../../../unit/policies/keys/values.ts";
import type { Draw } from "../manifests/random.ts";

/** Values of each alphabet and length. */
const drawn = 2000;

/** How a value stands under its name: alone, as in a container's environment, and in the text of a file. */
const forms: ((value: string) => boolean)[] = [
  (value) => detect(value, "API_KEY").length > 0,
  (value) => detect(`db:\n  password: '${value}'\n`).length > 0,
];

/** How many generated values are missed under a secret's name, by alphabet and length, as a table. */
export function benchRecall(draw: Draw): string {
  const head = ["missed, percent: alone / in text", ...lengths.map((length) => `${length} characters`)];
  const rows = Object.entries(alphabets).map(([name, alphabet]) => {
    const cells = lengths.map((length) => {
      const values = Array.from({ length: drawn }, () => draw.text(alphabet, length));
      return forms
        .map((finds) => ((100 * values.filter((value) => !finds(value)).length) / drawn).toFixed(2))
        .join(" / ");
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [`| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...rows].join("\n");
}
