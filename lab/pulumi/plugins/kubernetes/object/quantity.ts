/** Decimal and binary suffixes of the resource quantity format, as powers. */
const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/** The API server's resolution. */
const nano = 1_000_000_000n;

/** Divides `value` by `base` as long as there is no remainder, at most `most` times. */
function factors(value: bigint, base: bigint, most: number): { value: bigint; times: number } {
  let times = 0;
  let rest = value;
  while (times < most && rest !== 0n && rest % base === 0n) {
    rest /= base;
    times += 1;
  }
  return { value: rest, times };
}

/**
 * The form in which the API server returns a quantity ("1000m" → "1", "1024Mi" → "1Gi"), so that equal amounts are
 * equal strings. A string that is not a quantity is returned unchanged.
 */
export function canonicalQuantity(text: string): string {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/.exec(
    text.trim(),
  );
  if (!match || (match[2] === "" && (match[3] ?? "") === "")) return text;
  const [, sign, whole = "", fraction = "", unit = ""] = match;
  const exponent = /^[eE]([+-]?\d+)$/.exec(unit);
  // The server keeps exponent notation, which is rare, so it is compared unchanged.
  if (exponent) return text;
  const binaryPower = unit.endsWith("i") ? binary.indexOf(unit) : 0;
  const decimalPower = unit.endsWith("i") ? 0 : (decimal.indexOf(unit) - 3) * 3;
  const scale = 1024n ** BigInt(binaryPower) * 10n ** BigInt(Math.max(decimalPower, 0));
  const divisor = 10n ** BigInt(fraction.length + Math.max(-decimalPower, 0));
  const numerator = BigInt(`${whole}${fraction}` || "0") * scale * nano;
  const amount = numerator / divisor + (numerator % divisor === 0n ? 0n : 1n);
  if (amount === 0n) return "0";
  const minus = sign === "-" ? "-" : "";
  if (unit.endsWith("i") && amount >= 1024n * nano && amount % nano === 0n) {
    const { value, times } = factors(amount / nano, 1024n, binary.length - 1);
    return `${minus}${value}${binary[times]}`;
  }
  const { value, times } = factors(amount, 1000n, decimal.length - 1);
  return `${minus}${value}${decimal[times]}`;
}
