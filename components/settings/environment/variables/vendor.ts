import { z } from "zod";
import { allVendorTokens, type VendorServer, type vendorTokens } from "../vendorTokens.ts";

const text = z.string().min(1);

type Tokens = typeof vendorTokens;
/** A vendor's variable that holds a secret. */
interface TokenVariable<Server extends VendorServer> {
  about: string;
  usedBy: readonly [`mcp/${Server}`];
  schema: z.ZodString;
  setBy: "program";
  secret: Tokens[Server]["secret"];
  standard: string;
}
type TokenVariables = {
  [Server in VendorServer as Tokens[Server]["variable"]]: TokenVariable<Server>;
};

const tokenVariables = Object.fromEntries(
  allVendorTokens.map(([server, { variable, secret, program }]) => [
    variable,
    {
      about: "See the secret.",
      usedBy: [`mcp/${server}`],
      schema: text,
      setBy: "program",
      secret,
      standard: program,
    },
  ]),
) as unknown as TokenVariables;

/** What programs of others read, under their own names. */
export const vendorVariables = {
  ...tokenVariables,
  DSN: {
    about: "Connection string of a login that reads; the program makes it.",
    usedBy: ["mcp/postgres"],
    schema: text,
    setBy: "program",
    standard: "@bytebase/dbhub",
  },
} as const;
