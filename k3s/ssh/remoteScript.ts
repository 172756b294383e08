import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../host.ts";
import { commandLine } from "./commandLine.ts";
import type { Account } from "./exec.ts";

/** How to log in to a host: shared by all commands on it. */
export interface Login {
  host: pulumi.Output<Host>;
  /** Pinned at first contact; a host that presents another key is refused. */
  hostKey: pulumi.Input<string>;
  /** Secret. */
  privateKey: pulumi.Input<string>;
}

/** The login as a dynamic resource keeps it, for what runs when that is deleted. Secret. */
export function accountOf({ host, hostKey, privateKey }: Login): pulumi.Output<Account> {
  return pulumi.secret(
    pulumi.all([host, hostKey, privateKey]).apply(([{ address, port, user }, pinned, key]) => {
      return { address, port, user, privateKey: key, hostKey: pinned };
    }),
  );
}

export interface RemoteScriptArgs {
  /** The host, and how to log in to it. */
  login: Login;
  /** Runs as root: text of `script()`. A change runs it again, in place. */
  script: pulumi.Input<string>;
  /** In errors and in the process list, e.g. `harden backend`. */
  title: string;
  /** Seconds until the script is stopped and the resource fails. */
  deadline: number;
  /** A change replaces the resource. */
  triggers?: pulumi.Input<unknown>[];
  /** The output is secret: never logged, encrypted in state. */
  secretOutput?: boolean;
}

/** Seconds that the connection may outlast the script's deadline. */
const grace = 60;

/**
 * Runs one script on one host as root. The text is passed on standard input: arguments and environment are visible to
 * every user of the host, and error messages quote the command line.
 */
export function remoteScript(
  name: string,
  args: RemoteScriptArgs,
  opts: pulumi.CustomResourceOptions,
): command.remote.Command {
  const timeout = `${args.deadline + grace}s`;
  return new command.remote.Command(
    name,
    {
      connection: connectionTo(args.login),
      create: commandLine(args.title, args.deadline),
      stdin: args.script,
      triggers: args.triggers,
      addPreviousOutputInEnv: false,
      logging: args.secretOutput === true ? "none" : "stdoutAndStderr",
    },
    {
      customTimeouts: { create: timeout, update: timeout },
      additionalSecretOutputs: args.secretOutput === true ? ["stdout", "stderr"] : [],
      ...opts,
    },
  );
}

function connectionTo(login: Login) {
  return {
    host: login.host.apply((host) => host.address),
    port: login.host.apply((host) => host.port),
    user: login.host.apply((host) => host.user),
    privateKey: pulumi.secret(login.privateKey),
    hostKey: login.hostKey,
    // The host answered when its key was pinned: only reboots and reloads can delay it now.
    dialErrorLimit: 10,
    perDialTimeout: 15,
  };
}
