import type { Route } from "./wire/route.ts";
import { emulatedRoutes, refusedRoutes } from "./wire/routes.ts";

const row = ({ method, path, operation }: Route, answer: string) =>
  `| ${method} | \`${path}\` | ${operation} | ${answer} |`;

/** The table of operations in README.md, from the routes themselves. */
export const coverageTable = (): string =>
  [
    "| method | path below `/api/v1` | operation | |",
    "|---|---|---|---|",
    ...emulatedRoutes.map((route) => row(route, "emulated")),
    ...refusedRoutes.map((route) => row(route, "501 `lab/not-emulated`")),
  ].join("\n");

if (import.meta.main) console.log(coverageTable());
