/**
 * Searches texts that a careless pattern takes hours for, each of a megabyte, and prints what each is.
 * A process of its own: what does not end can be ended.
 */
import { detect } from "../../../../policies/detector/detect.ts";

const length = 1_000_000;
const filled = (piece: string): string => piece.repeat(Math.ceil(length / piece.length));
const begin = ["-----BEGIN RSA", "PRIVATE KEY-----"].join(" ");

const texts: Record<string, string> = {
  "headers of a private key": `${begin}\n${filled("A: b ")}`,
  "lines of headers": `${begin}\n${filled("Proc-Type: 4\n")}`,
  "blanks behind a header": `${begin}\nA: b${filled(" ")}`,
  "escaped line ends": `${begin}${filled("\\n")}`,
  "backslashes behind a private key": `${begin}${filled("\\")}`,
  "beginnings of a token": `${filled("eyJ")}.`,
  "first halves of tokens": filled(`${"eyJ".repeat(9)}.`),
  "beginnings of an API key": `T3BlbkFJ ${filled("sk-")}`,
  "blanks before a variable": `ENV${filled(" ")}ARG`,
  "blanks before a headerless key": `IBAA${filled(" ")}M`,
  "blanks behind base64": `${"A".repeat(40)}"${filled(" ")}x`,
  "names of secrets": filled("password"),
  "blanks behind a name": `password: ${filled(" ")}`,
  "blanks in what holds a value": `password: {${filled(" ")}value`,
  "blanks behind a name without a sign": `password${filled(" ")}x`,
  "brackets behind a name": `password${filled(")")}`,
  "backslashes between quotes": `"a" "${filled("\\")}`,
  "a file without a secret's name": `echo a123456 > ${filled("a")}`,
  "here-documents": filled("<< "),
  "users without a password": `~* ${filled("user a ")}`,
  "addresses without a host": filled("a://b:123456"),
  "options without a value": filled("--token "),
  "beginnings of a list": filled('["curl", '),
  "a list without an end": `[${filled('"curl", ')}`,
  "blanks behind a list": `["curl", "-u"${filled(" ")}x`,
  "programs without an option": filled("curl "),
};

for (const [what, text] of Object.entries(texts)) {
  detect(text);
  console.log(what);
}
console.log("ended");
