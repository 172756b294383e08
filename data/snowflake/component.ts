import * as pulumi from "@pulumi/pulumi";
import * as snowflake from "@pulumi/snowflake";
import { Component } from "../../components/core/base.ts";
import type { Settings } from "../../components/settings/schema.ts";
import { type AccountAddress, addressOf } from "./account.ts";
import { type RoleName, roles } from "./grants.ts";
import { namesOf, type WarehouseNames } from "./names.ts";
import {
  type GrantTargets,
  grantOn,
  monitorArgs,
  providerArgs,
  userArgs,
  warehouseArgs,
} from "./resourceArgs.ts";

export interface SnowflakeArgs {
  /** Section `pipeline.snowflake`. Each field says what its change does. */
  settings: Settings["pipeline"]["snowflake"];
  /** Of the user in the settings, PKCS8 PEM. A change re-configures the provider and touches nothing in the account. */
  privateKey: pulumi.Input<string>;
  /**
   * Of the service users, PKCS8 PEM; their public keys are derived. A change replaces the user's first key.
   * Default: that user is not created.
   */
  loaderPrivateKey?: pulumi.Input<string> | undefined;
  /** The same of the user that the quality checks log in as. */
  readerPrivateKey?: pulumi.Input<string> | undefined;
}

/** A user with the role that it logs in with. */
export interface WarehouseLogin {
  user: pulumi.Output<string>;
  role: pulumi.Output<string>;
}

/** Options of what may be protected, and of everything else in the account. */
type Options = Record<"kept" | "other", pulumi.CustomResourceOptions>;

/**
 * The warehouse: database, schema, a warehouse that suspends itself and has a monthly limit, and two service users with
 * a key pair and the least rights. All names are settings; another name renames in place. But a schema belongs to its
 * database's name: with another one the schema is replaced, with its tables, which only `keep` refuses.
 */
export class Snowflake extends Component {
  readonly address: AccountAddress;
  readonly database: pulumi.Output<string>;
  readonly schema: pulumi.Output<string>;
  readonly warehouse: pulumi.Output<string>;
  /** Known only when everything that the login needs is granted. */
  readonly logins: Readonly<Partial<Record<RoleName, WarehouseLogin>>>;

  constructor(name: string, args: SnowflakeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("data:Snowflake", name, opts);
    const { settings } = args;
    this.address = addressOf(settings);
    const provider = new snowflake.Provider(
      this.childName("provider"),
      providerArgs(settings, this.address, args.privateKey),
      { parent: this },
    );
    const other = this.child({ provider });
    // Not `retainOnDelete`: the next update would find the retained object in the account, and fail to create it.
    const options = { other, kept: pulumi.mergeOptions(other, { protect: settings.keep }) };
    const names = namesOf(settings);
    const targets = this.#targets(settings, names, options);
    const keys = { loader: args.loaderPrivateKey, reader: args.readerPrivateKey };
    this.logins = Object.fromEntries(
      (Object.keys(roles) as RoleName[]).flatMap((role) => {
        const granted = this.#role(role, names, targets, options);
        const key = keys[role];
        return key === undefined ? [] : [[role, this.#user(role, names, key, targets, granted, other)]];
      }),
    );
    this.database = targets.database.name;
    this.schema = targets.schema.name;
    this.warehouse = targets.warehouse.name;
    this.registerOutputs({
      account: this.address.identifier,
      database: this.database,
      schema: this.schema,
      warehouse: this.warehouse,
    });
  }

  #targets(
    settings: SnowflakeArgs["settings"],
    names: WarehouseNames,
    { kept, other }: Options,
  ): GrantTargets {
    const monitor = new snowflake.ResourceMonitor(
      this.childName("monitor"),
      monitorArgs(settings, names),
      // Another start would reset the month's count.
      pulumi.mergeOptions(other, { ignoreChanges: ["startTimestamp"] }),
    );
    const warehouse = new snowflake.Warehouse(
      this.childName("warehouse"),
      warehouseArgs(settings, names, monitor.name),
      other,
    );
    const database = new snowflake.Database(
      this.childName("database"),
      { name: names.database, comment: "What the pipeline brings" },
      kept,
    );
    const schema = new snowflake.Schema(
      this.childName("schema"),
      { name: names.schema, database: database.name, comment: "As in PostgreSQL's staging" },
      kept,
    );
    return { warehouse, database, schema };
  }

  /** @returns what must exist before the role can do its work */
  #role(role: RoleName, names: WarehouseNames, targets: GrantTargets, options: Options): pulumi.Resource[] {
    const { comment, grants } = roles[role];
    const { other } = options;
    const account = new snowflake.AccountRole(
      this.childName(role),
      { name: names.logins[role].role, comment },
      // A dropped role's tables go to the role that drops it: a new loader could not write them.
      role === "loader" ? options.kept : other,
    );
    // Administrators inherit what the role owns.
    const inherited = new snowflake.GrantAccountRole(
      this.childName(`${role}-to-sysadmin`),
      { roleName: account.name, parentRoleName: "SYSADMIN" },
      other,
    );
    const granted = grants.map(
      ({ suffix, on, privileges }) =>
        new snowflake.GrantPrivilegesToAccountRole(
          this.childName(`${role}-${suffix}`),
          { accountRoleName: account.name, privileges, ...grantOn(on, targets) },
          other,
        ),
    );
    return [account, inherited, ...granted];
  }

  #user(
    role: RoleName,
    { logins }: WarehouseNames,
    key: pulumi.Input<string>,
    { warehouse }: GrantTargets,
    granted: pulumi.Resource[],
    opts: pulumi.CustomResourceOptions,
  ): WarehouseLogin {
    const user = new snowflake.ServiceUser(
      this.childName(`${role}-user`),
      userArgs(logins[role], roles[role].comment, key, warehouse.name),
      // ESC's rotator keeps the previous key there while it is still in use.
      pulumi.mergeOptions(opts, { ignoreChanges: ["rsaPublicKey2"], dependsOn: granted }),
    );
    const grant = new snowflake.GrantAccountRole(
      this.childName(`${role}-to-user`),
      { roleName: logins[role].role, userName: user.name },
      opts,
    );
    return { user: user.name, role: grant.roleName };
  }
}
