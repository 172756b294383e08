import * as pulumi from "@pulumi/pulumi";
import * as snowflake from "@pulumi/snowflake";
import { Component } from "../../components/core/base.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { publicKeyOf } from "../quality/warehouse/keyPair.ts";
import { type AccountAddress, addressOf, endpointOf } from "./account.ts";
import { type Privileges, type RoleName, roles } from "./grants.ts";
import { namesOf, type WarehouseNames } from "./names.ts";

export interface SnowflakeArgs {
  settings: Settings["pipeline"]["snowflake"];
  /** Of the user in the settings, PKCS8 PEM. A change re-configures the provider and touches nothing in the account. */
  privateKey: pulumi.Input<string>;
  /**
   * Of the service users, PKCS8 PEM; their public halves are derived. A change replaces the user's first key. Without
   * one that user is left out.
   */
  loaderPrivateKey?: pulumi.Input<string> | undefined;
  readerPrivateKey?: pulumi.Input<string> | undefined;
}

/** How somebody logs in. */
export interface WarehouseLogin {
  user: pulumi.Output<string>;
  role: pulumi.Output<string>;
}

/**
 * The warehouse: database, schema, a warehouse that suspends itself and has a monthly limit, and two service users with
 * a key pair and the least rights. All names are settings; a database or schema of another name is a new, empty one,
 * which Snowflake's provider does not refuse: `keep` does.
 */
export class Snowflake extends Component {
  readonly address: AccountAddress;
  readonly database: pulumi.Output<string>;
  readonly schema: pulumi.Output<string>;
  readonly warehouse: pulumi.Output<string>;
  /** Known only when all that the login needs is granted. */
  readonly logins: Readonly<Partial<Record<RoleName, WarehouseLogin>>>;
  readonly #provider: snowflake.Provider;

  constructor(name: string, args: SnowflakeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Snowflake", name, opts);
    const { settings } = args;
    this.address = addressOf(settings);
    const { organization, name: accountName } = this.address;
    if (organization === undefined && settings.endpoint === undefined && !pulumi.runtime.isDryRun()) {
      throw new pulumi.RunError(
        "pipeline.snowflake.organization: Snowflake's provider addresses an account by organization and name; " +
          "SELECT CURRENT_ORGANIZATION_NAME() in the account tells it",
      );
    }
    this.#provider = new snowflake.Provider(
      this.childName("provider"),
      {
        accountName,
        ...(organization !== undefined && { organizationName: organization }),
        ...endpointOf(settings.endpoint),
        user: settings.user,
        role: settings.role,
        authenticator: "SNOWFLAKE_JWT",
        privateKey: args.privateKey,
      },
      { parent: this },
    );
    const inAccount = () => this.child({ provider: this.#provider });
    const names = namesOf(settings);
    // Not `retainOnDelete`: what is retained the next update finds in the account, and cannot make.
    const kept = () => pulumi.mergeOptions(inAccount(), { protect: settings.keep });

    const monitor = new snowflake.ResourceMonitor(
      this.childName("monitor"),
      {
        name: names.monitor,
        creditQuota: settings.monthlyCredits,
        frequency: "MONTHLY",
        startTimestamp: "IMMEDIATELY",
        notifyTriggers: [50, 80],
        suspendTrigger: 100,
        suspendImmediateTrigger: 110,
      },
      // Another start would begin the month's count anew.
      pulumi.mergeOptions(inAccount(), { ignoreChanges: ["startTimestamp"] }),
    );
    const warehouse = new snowflake.Warehouse(
      this.childName("warehouse"),
      {
        name: names.warehouse,
        comment: "The pipeline's",
        warehouseSize: settings.size,
        autoSuspend: settings.autoSuspend,
        autoResume: "true",
        initiallySuspended: true,
        resourceMonitor: monitor.name,
        statementTimeoutInSeconds: 3600,
      },
      inAccount(),
    );
    const database = new snowflake.Database(
      this.childName("database"),
      { name: names.database, comment: "What the pipeline brings" },
      kept(),
    );
    const schema = new snowflake.Schema(
      this.childName("schema"),
      { name: names.schema, database: database.name, comment: "As in PostgreSQL's staging" },
      kept(),
    );

    const targets = { warehouse, database, schema };
    const keys = { loader: args.loaderPrivateKey, reader: args.readerPrivateKey };
    const made = (Object.keys(roles) as RoleName[]).map((role) => {
      const called = names.logins[role];
      // Tables of a role that is dropped go to whoever drops it: a new loader could not write them.
      const owner = role === "loader" ? kept() : inAccount();
      const { grants } = this.#role(role, called, targets, { made: owner, rest: inAccount() });
      const key = keys[role];
      const login =
        key === undefined ? undefined : this.#user(role, called, key, { warehouse, grants }, inAccount());
      return [role, login] as const;
    });
    this.logins = Object.fromEntries(made.flatMap(([role, login]) => (login ? [[role, login]] : [])));
    this.database = database.name;
    this.schema = schema.name;
    this.warehouse = warehouse.name;
    this.registerOutputs({
      account: this.address.identifier,
      database: this.database,
      schema: this.schema,
      warehouse: this.warehouse,
    });
  }

  #role(
    role: RoleName,
    { role: name }: WarehouseNames["logins"][RoleName],
    targets: { warehouse: snowflake.Warehouse; database: snowflake.Database; schema: snowflake.Schema },
    { made: own, rest: opts }: Record<"made" | "rest", pulumi.CustomResourceOptions>,
  ): { grants: pulumi.Resource[] } {
    const { comment, grants } = roles[role];
    const made = new snowflake.AccountRole(this.childName(role), { name, comment }, own);
    // What a role owns stays in an administrator's reach.
    const up = new snowflake.GrantAccountRole(
      this.childName(`${role}-to-sysadmin`),
      { roleName: made.name, parentRoleName: "SYSADMIN" },
      opts,
    );
    const given = grants.map(
      ({ suffix, on, privileges }) =>
        new snowflake.GrantPrivilegesToAccountRole(
          this.childName(`${role}-${suffix}`),
          { accountRoleName: made.name, privileges, ...targetOf(on, targets) },
          opts,
        ),
    );
    return { grants: [made, up, ...given] };
  }

  #user(
    role: RoleName,
    { role: name, user }: WarehouseNames["logins"][RoleName],
    key: pulumi.Input<string>,
    { warehouse, grants }: { warehouse: snowflake.Warehouse; grants: pulumi.Resource[] },
    opts: pulumi.CustomResourceOptions,
  ): WarehouseLogin {
    const made = new snowflake.ServiceUser(
      this.childName(`${role}-user`),
      {
        name: user,
        comment: roles[role].comment,
        defaultRole: name,
        defaultWarehouse: warehouse.name,
        // The public half is no secret, though it comes from one.
        rsaPublicKey: pulumi.unsecret(pulumi.output(key).apply(publicKeyOf)),
        // Estuary's columns are quoted and in lower case.
        quotedIdentifiersIgnoreCase: false,
      },
      // ESC's rotator keeps the key before the last one there while it is still in use.
      pulumi.mergeOptions(opts, { ignoreChanges: ["rsaPublicKey2"], dependsOn: grants }),
    );
    const granted = new snowflake.GrantAccountRole(
      this.childName(`${role}-to-user`),
      { roleName: name, userName: made.name },
      opts,
    );
    return { user: made.name, role: granted.roleName };
  }
}

function targetOf(
  on: Privileges["on"],
  targets: { warehouse: snowflake.Warehouse; database: snowflake.Database; schema: snowflake.Schema },
): Partial<snowflake.GrantPrivilegesToAccountRoleArgs> {
  const { warehouse, database, schema } = targets;
  switch (on) {
    case "warehouse":
      return { onAccountObject: { objectType: "WAREHOUSE", objectName: warehouse.name } };
    case "database":
      return { onAccountObject: { objectType: "DATABASE", objectName: database.name } };
    case "schema":
      return { onSchema: { schemaName: schema.fullyQualifiedName } };
    case "future tables":
      return {
        onSchemaObject: { future: { objectTypePlural: "TABLES", inSchema: schema.fullyQualifiedName } },
      };
  }
}
