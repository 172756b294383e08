import { hash, pick } from "./random.ts";

const words = (text: string): readonly [string, ...string[]] => {
  const [first = "", ...rest] = text.split(" ");
  return [first, ...rest];
};

// Letters outside ASCII, an apostrophe and a hyphen are there because real names break careless code.
const firstNames = words(
  "Amara Anders Aiko Beatriz Bilal Carmen Chidi Dalia Daniel Elena Emeka Fatima Felix Grace Gustav Hana Hugo Imani " +
    "Inês Ivan Jana Jonas Karim Katja Lars Leila Lucía Marek Mei Nadia Niamh Noah Olga Omar Paula Priya Quentin Rafael " +
    "Renée Rosa Samir Sofia Søren Tariq Tessa Uma Viktor Wanjiru Xavier Yara Yusuf Zoë",
);
const lastNames = words(
  "Adeyemi Almeida Andersson Baker Banerjee Brandt Castillo Chen Dubois Eriksen Ferrari García Haddad Hansen Hughes " +
    "Ibrahim Ivanova Jansen Kaya Kimura Kowalski Laurent Lindqvist Martínez Meyer Moreau Mwangi Nakamura Ncube Novák " +
    "O'Brien Okafor Olsen Patel Petrov Quinn Rossi Sato Schmidt Silva Smith-Jones Tanaka Tran Vasquez Weber Wong " +
    "Yılmaz Zhang",
);
const companyNames = words(
  "Aldermoor Birchway Bluefin Brightwell Calder Cinderpeak Copperline Dovetail Eastgate Fernhill Fieldstone Glasswing " +
    "Harborlight Highmark Inkwell Ironbridge Juniper Kestrel Larkspur Lodestar Meridian Millrace Northlight Oakhaven " +
    "Paperbark Quarry Redwater Saltmarsh Silverbirch Stonecrop Tidewater Umbra Verdant Westmark Wildflower Yarrow",
);
const companyKinds = words("Analytics Foods Health Labs Logistics Media Partners Software Systems Works");
const jobTitles = [
  "Account Executive",
  "Chief Financial Officer",
  "Data Engineer",
  "Head of Operations",
  "IT Manager",
  "Marketing Lead",
  "Procurement Manager",
  "VP Sales",
] as const;
const countries = [
  "Brazil",
  "France",
  "Germany",
  "India",
  "Japan",
  "Kenya",
  "Norway",
  "United States",
] as const;

export interface Person {
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
  company: string;
  jobTitle: string;
  country: string;
}

/** The company with this number; there are as many as one likes. */
export function companyOf(seed: number, number: number): { name: string; domain: string } {
  const first = pick(companyNames, hash(seed, "company", number));
  const kind = pick(companyKinds, hash(seed, "kind", number));
  return { name: `${first} ${kind}`, domain: `${first}-${kind}-${number}.example`.toLowerCase() };
}

const plain = (name: string): string =>
  name
    .normalize("NFD")
    .replace(/[^\p{L}]/gu, "")
    .replace(/ø/g, "o")
    .replace(/ı/g, "i")
    .toLowerCase();

/** A made-up person. The number is in the address, so that no two share one. */
export function personOf(seed: number, number: number, companies: number): Person {
  const firstName = pick(firstNames, hash(seed, "first", number));
  const lastName = pick(lastNames, hash(seed, "last", number));
  const company = companyOf(seed, hash(seed, "employer", number) % companies);
  return {
    firstName,
    lastName,
    email: `${plain(firstName)}.${plain(lastName)}.${number}@${company.domain}`,
    phone: `+1 555 ${String(hash(seed, "phone", number) % 10_000_000).padStart(7, "0")}`,
    company: company.name,
    jobTitle: pick(jobTitles, hash(seed, "title", number)),
    country: pick(countries, hash(seed, "country", number)),
  };
}

const openings = [
  "Quick update on",
  "Can someone look at",
  "Good news about",
  "We are blocked on",
  "Notes from today about",
  "Who owns",
] as const;
const topics = [
  "the renewal",
  "the pricing page",
  "onboarding",
  "the security review",
  "the Q3 forecast",
  "the demo environment",
  "the data export",
] as const;
const endings = [
  "will follow up tomorrow.",
  "see the thread.",
  "thanks all! 🎉",
  "no action needed.",
  "deadline is Friday.",
] as const;

/** What somebody wrote. */
export const sentenceOf = (seed: number, ...parts: readonly (number | string)[]): string =>
  `${pick(openings, hash(seed, "open", ...parts))} ${pick(topics, hash(seed, "topic", ...parts))}: ${pick(endings, hash(seed, "end", ...parts))}`;
