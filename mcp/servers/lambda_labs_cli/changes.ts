import { randomBytes } from "node:crypto";
import { mayHaveHappened } from "../../../components/core/http/errors.ts";
import { notYet, WaitTimeout, waitFor } from "../../../components/core/wait.ts";
import type { LambdaApi } from "../../../lambda/client/api.ts";
import type { LaunchRequest, WireInstance } from "../../../lambda/client/wire.ts";
import { ToolError } from "../kit/tool.ts";
import type { Offer } from "./catalogue.ts";

/** Tells by which call an instance was launched: a lost reply is found again by it. */
const requestTag = "sophia-request";
/** Marks an instance as launched here, and by nobody else. */
const launchedBy = { key: "sophia-launched-by", value: "lambda_labs_cli" };
/** The tag of hosts that a stack launched, as `lambda/reconcile` writes it. */
export const stackTag = "sophia-stack";

/** Seconds to look for an instance whose launch was not answered. */
export const lookFor = 45;

export interface Launch {
  name: string;
  sshKey: string;
  fileSystem?: string | undefined;
  imageFamily: string;
}

/**
 * Launches once. Where the reply is lost the instance is looked for by its tag: sending the request again might rent
 * two.
 *
 * @param signal ends the wait for the account's turn. What was sent may be rented: that is looked for also where the
 *   caller is gone, so that the log has what became of it
 */
export async function launchOnce(
  api: LambdaApi,
  offer: Offer,
  region: string,
  { name, sshKey, fileSystem, imageFamily }: Launch,
  signal: AbortSignal,
  deadline = lookFor,
): Promise<string> {
  const request = randomBytes(8).toString("hex");
  const body: LaunchRequest = {
    region_name: region,
    instance_type_name: offer.type,
    ssh_key_names: [sshKey],
    name,
    image: { family: imageFamily },
    ...(fileSystem !== undefined && { file_system_names: [fileSystem] }),
    tags: [{ key: requestTag, value: request }, launchedBy],
  };
  try {
    return await api.launch(body, signal);
  } catch (cause) {
    if (!mayHaveHappened(cause)) throw cause;
    return foundByTag(api, request, name, deadline, cause);
  }
}

async function foundByTag(
  api: LambdaApi,
  request: string,
  name: string,
  deadline: number,
  cause: unknown,
): Promise<string> {
  const wait = { what: `an instance tagged ${request}`, deadline, interval: 3 };
  try {
    return await waitFor(wait, async () => {
      const instance = (await api.listInstances()).find((each) => tagOf(each, requestTag) === request);
      return instance?.id ?? notYet("not listed");
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    throw new ToolError(
      `Lambda Cloud did not answer the launch, and lists no instance of it within ${deadline} s`,
      `It may still appear, and cost: look for ${name} with \`list_instances\` in ten minutes before launching again.`,
      { cause },
    );
  }
}

const tagOf = ({ tags }: WireInstance, key: string) => tags?.find((tag) => tag.key === key)?.value;

/**
 * Terminates an instance that was launched here. Hosts of a stack are refused: the stack would launch them again. So is
 * what others rented: with the account's key this server sees also the hosts that another stack adopted, which have no
 * tag of it.
 *
 * @param signal of the caller: nothing is terminated for one that is gone
 */
export async function terminateOne(
  api: LambdaApi,
  id: string,
  ownHosts: string[],
  signal: AbortSignal,
): Promise<WireInstance> {
  const instance = await api.getInstance(id);
  if (!instance) throw new ToolError(`There is no instance ${id}`, "`list_instances` shows those there are.");
  const stack = tagOf(instance, stackTag);
  if (stack !== undefined || ownHosts.includes(id)) {
    throw new ToolError(
      `${instance.name ?? id} is a host of ${stack === undefined ? "this platform" : `the stack ${stack}`}`,
      "Take it out of the stack's settings and update the stack: it is drained first, then terminated.",
    );
  }
  if (tagOf(instance, launchedBy.key) !== launchedBy.value) {
    throw new ToolError(
      `${instance.name ?? id} was not launched by \`launch_instance\`: it may be a host of another stack, or somebody's`,
      "Whoever rented it can terminate it in Lambda's console.",
    );
  }
  signal.throwIfAborted();
  if (!(await api.terminate(id))) {
    throw new ToolError(
      `Lambda Cloud does not confirm that ${id} is being terminated (it is ${instance.status})`,
      "An instance that was just launched cannot be terminated for some seconds: look at it with `get_instance` and try again.",
    );
  }
  return instance;
}
