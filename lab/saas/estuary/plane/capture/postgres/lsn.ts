/** A place in PostgreSQL's log, e.g. `0/16B3748`, as a number that compares. */
export function lsnValue(lsn: string): bigint {
  const found = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(lsn);
  if (!found) throw new Error(`${lsn} is no place in PostgreSQL's log`);
  return (BigInt(`0x${found[1]}`) << 32n) | BigInt(`0x${found[2]}`);
}

/** A place in PostgreSQL's log as it writes it. */
export const lsnText = (value: bigint): string =>
  `${(value >> 32n).toString(16)}/${(value & 0xffffffffn).toString(16)}`.toUpperCase();

/** The later of two places. */
export const later = (a: string, b: string): string => (lsnValue(a) > lsnValue(b) ? a : b);
