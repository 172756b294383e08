import { lockTimeout, script, shellFile } from "../shell/script.ts";

/** Whose K3s it is that is stopped: another host's, on the same machine, and another stack's are left as they are. */
export interface Member {
  /** Name of the host in the settings. */
  name: string;
  /** The stack, as `<project>/<stack>`. */
  owner: string;
}

/** Script that stops K3s on a host that leaves its cluster, and removes what would let it back. Data stays. Pure. */
export function leaveScript({ name, owner }: Member): string {
  return script({
    title: `stop K3s on ${name}`,
    body: shellFile("../node/stop.sh", import.meta.url) + shellFile("leave.sh", import.meta.url),
    exclusive: lockTimeout,
    variables: { HOST: name, OWNER: owner },
  });
}
