import type { detect, stringsOf } from "../../../../policies/detector/detect.ts";
import type { holdsName, isDigestOf, isSecretName } from "../../../../policies/detector/names.ts";
import type { Exceptions, parseExceptions } from "../../../../policies/engine/exceptions.ts";
import type { manifestSubjects, resourceSubjects } from "../../../../policies/engine/subjects.ts";
import type { makePack } from "../../../../policies/pack.ts";
import type { budgetAdvice, budgetFaults } from "../../../../policies/rules/platform/budget.ts";
import type { leaksIn } from "../../../../policies/scan.ts";
import { machine } from "../cases/subjects.ts";
import { exception } from "../fixtures.ts";
import { detecting, naming, reading } from "./detection.ts";
import { manifests, packing, subjects } from "./packChecks.ts";

const either = ["gpu_1x_a6000", "gpu_1x_a100"];

const advice = (advise: typeof budgetAdvice): boolean => {
  const said = (monthlyUsd: number, ...given: Parameters<typeof machine>[0][]) => {
    const machines = given.map((each) => machine(each));
    return advise({ budget: JSON.stringify({ monthlyUsd }) }, machines).length;
  };
  return (
    // $796 at least, $1453 at most.
    said(1000, either) === 1 &&
    said(1453, either) === 0 &&
    said(1452, either) === 1 &&
    said(796, either) === 1 &&
    said(795, either) === 0 &&
    said(2000, either, 1) === 1 &&
    said(1000) === 0 &&
    advise({}, [machine(either)]).length === 0
  );
};

const faults = (find: typeof budgetFaults): boolean =>
  find({}, []).length === 0 &&
  find({ budget: '{"monthlyUsd":1000}' }, [machine(1), machine(1)])[0]?.includes(
    "(thing, thing) cost $1460",
  ) === true;

const probes = exception("probes", "one");

const excepting = (Made: typeof Exceptions): boolean => {
  const of = (change: object = {}, today = "2026-11-21") =>
    new Made([{ ...probes, ...change }], "dev", today);
  const used = of();
  const whole = of({ resource: "one/*" });
  const optionalRelease = () => of({ resource: "one/*", optional: true });
  const late = of({ resource: "one/Pod/x" });
  late.postpone("one");
  const other = of({ resource: "one-more/Pod/x" });
  other.postpone("one");
  return (
    used.faults().length === 1 &&
    used.covers("probes", "one") &&
    used.faults().length === 0 &&
    !of().covers("probes", "other") &&
    !of().covers("probes", "once") &&
    !of().covers("non-root", "one") &&
    whole.covers("probes", "one/Pod/x") &&
    !whole.covers("probes", "one") &&
    late.faults().length === 0 &&
    other.faults().length === 1 &&
    of({}, "2027-01-01").covers("probes", "one") &&
    !of({}, "2027-01-02").covers("probes", "one") &&
    of({}, "2027-01-02").faults()[0]?.includes("expired") === true &&
    of({ stacks: ["prod"] }).faults().length === 0 &&
    of({ stacks: ["prod", "dev"] }).covers("probes", "one") &&
    new Made([{ ...probes, stacks: ["prod"] }], undefined, "2026-11-21").faults().length === 1 &&
    of({ optional: true }).faults(new Set(["two"])).length === 0 &&
    of({ optional: true }).faults(new Set(["one"])).length === 1 &&
    optionalRelease().faults(new Set(["two"])).length === 0 &&
    optionalRelease().faults(new Set(["one"])).length === 1 &&
    of().faults(new Set(["two"])).length === 1 &&
    of({ optional: false }).faults().length === 1
  );
};

const parsing = (parse: typeof parseExceptions): boolean => {
  const refuses = (change: object) => {
    try {
      return parse([{ ...probes, ...change }], ["probes", "r"], "2026-11-21").length === 0;
    } catch (error) {
      return String(error).includes("policies/exceptions.yaml cannot");
    }
  };
  const refused = [
    { rule: "none" },
    { rule: "" },
    { resource: "" },
    { stacks: [] },
    { optional: 1 },
    { reason: "only nineteen long." },
    { expires: "soon" },
    { expires: "2027-12-27" },
    { more: 1 },
  ];
  const fine = [
    {},
    { rule: "r", resource: "o" },
    { stacks: ["dev"] },
    { optional: true },
    { expires: "2027-12-26" },
  ];
  return (
    refused.every(refuses) &&
    !fine.some(refuses) &&
    !refuses({ reason: "just twenty letters." }) &&
    parse(undefined, [], "2026-11-21").length === 0
  );
};

const secretNames = (is: typeof isSecretName): boolean =>
  [
    "password",
    "DB_PASSWORD",
    "apiKey",
    "client_secret",
    "a/b:token",
    "PUBLIC/api_key",
    "SECRET_KEY",
    "filesecret",
    "API_KEYS",
    "tokens_old",
    "creds",
    "REDIS_AUTH",
    "PASSWORD_ADMIN",
    "API_KEY_OPENAI",
    "LAMBDA_KEY",
    "sessionKey",
  ].every(is) &&
  ![
    "TOKEN_URL",
    "API_KEY_FILE",
    "my_PASSWORD_ADMIN_2_x",
    "NO_ADMIN",
    "CACHE_KEY",
    "cacheKey",
    "LAMBDA_KEYS",
    "passwordHash",
    "secretName",
    "tokenFile",
    "publicKey",
    "publicToken",
    "tokenizerToken",
    "monkey",
    "auth",
    "author",
    "token/url",
  ].some(is);

const digestsOf = (is: typeof isDigestOf): boolean =>
  is("checksum/password", "a1b2") &&
  is("sophia.ai/digest/token", "a1b2") &&
  is("config-hash/token", "a1b2") &&
  !is("HASH_SECRET", "a1b2") &&
  !is("rehash/token", "a1b2") &&
  !is("password", "a1b2") &&
  !is("checksum/password", "xyz");

const holding = (holds: typeof holdsName): boolean =>
  holds("tlsSecret") &&
  holds("pullSecrets") &&
  holds("secretRef") &&
  !holds("client_secret") &&
  !holds("password");

/** Whether what the pack exports beside its rules does what it must, by its name. */
export const checks: Record<string, (made: unknown) => boolean | Promise<boolean>> = {
  makePack: (made) => packing(made as typeof makePack),
  manifestSubjects: (made) => manifests(made as typeof manifestSubjects),
  resourceSubjects: (made) => subjects(made as typeof resourceSubjects),
  budgetAdvice: (made) => advice(made as typeof budgetAdvice),
  budgetFaults: (made) => faults(made as typeof budgetFaults),
  Exceptions: (made) => excepting(made as typeof Exceptions),
  parseExceptions: (made) => parsing(made as typeof parseExceptions),
  stringsOf: (made) => naming(made as typeof stringsOf),
  isSecretName: (made) => secretNames(made as typeof isSecretName),
  isDigestOf: (made) => digestsOf(made as typeof isDigestOf),
  holdsName: (made) => holding(made as typeof holdsName),
  detect: (made) => detecting(made as typeof detect),
  leaksIn: (made) => reading(made as typeof leaksIn),
};
