import type { Draw } from "./random.ts";

const letters = "abcdefghijklmnopqrstuvwxyz";
const alnum = `${letters}${letters.toUpperCase()}0123456789`;
const hex = "0123456789abcdef";

/** A password as generators make them: only its name tells what it is. */
export const genericPassword = (draw: Draw): string => `k7${draw.text(alnum, 16)}3x`;

/** Keys of known formats, drawn anew each time: none stands in this file. */
export const keys: ((draw: Draw) => string)[] = [
  (draw) => ["AK", "IA", draw.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)].join(""),
  (draw) => ["gh", "p_", draw.text(alnum, 36)].join(""),
  (draw) => ["xo", "xb-", draw.text("0123456789", 12), "-", draw.text(alnum, 24)].join(""),
  (draw) => ["sec", "ret_sophia_", draw.text(hex, 32), ".", draw.text(alnum, 32)].join(""),
  (draw) => ["pu", "l-", draw.text(hex, 40)].join(""),
  (draw) => ["gl", "pat-", draw.text(alnum, 20)].join(""),
  (draw) => ["postgres", "ql://sophia:", genericPassword(draw), "@db.internal:5432/sophia"].join(""),
];
