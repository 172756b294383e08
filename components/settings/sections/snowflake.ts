import { z } from "zod";

/** The platform's Snowflake account, and the accounts that it replaced: requirement P2. */
export const snowflakeAccount = "ZNB04675";

/** Accounts that are retired, anywhere in a text. Host names write a dash where identifiers may have an underscore. */
export const retiredAccounts = /scoobyjava[-_]vw02766|uhdecno[-_]cvb64222/i;

const text = z.string().min(1);

/** Whether an identifier names the platform's account, with its organization or without. */
const isOurs = (account: string): boolean =>
  account.toUpperCase().split(/[-_]/).at(-1) === snowflakeAccount.toUpperCase();

/** Whether the settings say how the provider addresses the account. Pure. */
export const isAddressed = ({
  account,
  organization,
  endpoint,
}: Pick<z.infer<typeof snowflakeSettings>, "account" | "organization" | "endpoint">): boolean =>
  organization !== undefined || endpoint !== undefined || account.lastIndexOf("-") > 0;

/** Secrets without which there is no warehouse. */
export const warehouseSecrets = ["snowflakePrivateKey", "snowflakeLoaderPrivateKey"] as const;

/** The warehouse. */
export const snowflakeSettings = z.strictObject({
  /** The account, as in its host name. A retired one, or any other than the platform's, is refused. */
  account: z.string().superRefine((account, context) => {
    if (isOurs(account)) return;
    const message = retiredAccounts.test(account)
      ? `is retired: ${snowflakeAccount} replaced it`
      : `is not the platform's account, ${snowflakeAccount}`;
    context.addIssue({ code: "custom", message });
  }),
  /**
   * Organization of the account: what `SELECT CURRENT_ORGANIZATION_NAME()` returns there. The provider addresses an account by
   * both. Where Snowflake's keys are given, an update without it is refused before anything is created, unless `account` begins
   * with it (`<organization>-<account>`); a preview warns.
   */
  organization: z.string().min(1).optional(),
  /** User that manages the warehouse. */
  user: text,
  /** Its role. Creating resource monitors takes ACCOUNTADMIN. */
  role: text,
  /**
   * Name of the database, before `suffix`. Choose it before the first update: a later change renames the database, but
   * replaces the schema in it, which **loses the tables** and is refused while `keep` protects them. The lab refuses it.
   */
  database: text.default("SOPHIA_AI"),
  /**
   * Name of the schema with the tables. Choose it before the first update: a later change renames it in place, also with
   * `keep`, and who uses the old name fails. The lab refuses it.
   */
  schema: text.default("STAGING"),
  /** Name of the virtual warehouse, before `suffix`. It holds no data. The lab refuses a change. */
  warehouse: text.default("SOPHIA_AI_WH"),
  /**
   * Suffix of all names that the stack creates in the account: database, warehouse, monitor, roles, users. All stacks
   * share the account, so each needs another one. Choose it before the first update: a later change renames database,
   * warehouse, roles and users in place, and replaces the schema, as for `database`. The lab refuses it.
   */
  suffix: z
    .string()
    .regex(/^(_[A-Z0-9]+)*$/, "parts of capital letters and digits, each after a _")
    .default(""),
  /**
   * Protects the data: database, schema and the role that owns the tables are protected in Pulumi's state, and an update
   * without the warehouse's secrets, or with the pipeline off, is refused. Before a teardown, set it to `false` and run an
   * update.
   */
  keep: z.boolean().default(false),
  /** Size of the warehouse. A change takes effect with the next statement. */
  size: z.enum(["XSMALL", "SMALL", "MEDIUM", "LARGE"]).default("XSMALL"),
  /** Seconds without work until it is suspended; it bills 60 at least. */
  autoSuspend: z.number().int().min(30).default(60),
  /**
   * Credits a month at which it is suspended, which stops the pipeline. The default is what XSMALL bills when it is never
   * suspended; `estuary.snowflake.syncFrequency` decides how often it runs.
   */
  monthlyCredits: z.number().int().positive().default(750),
  /** Base URL instead of the account's own host; only for the lab. */
  endpoint: z.url().optional(),
});
