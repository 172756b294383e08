/** Whether something can be had on this machine, and if not, what to do. */
export type Availability = { ok: true } | { ok: false; reason: string; fix: string };

/** What is known of this machine when no engine was chosen yet. */
export interface EngineFacts {
  /** The engine's version, where one answers. */
  version?: string | undefined;
  /** What the `docker` command said instead. */
  refusal: string;
  /** Address that the environment names, if any. */
  dockerHost?: string | undefined;
  platform: NodeJS.Platform;
  root: boolean;
  /** Whether packages come by apt. */
  apt: boolean;
  /** Whether systemd is process 1. */
  systemd: boolean;
  /** Whether the programs are installed. */
  installed: { cli: boolean; daemon: boolean };
}

export type EngineAction =
  | { do: "use" }
  | { do: "install" }
  | { do: "start"; by: "systemd" | "hand" }
  | ({ do: "refuse" } & Extract<Availability, { ok: false }>);

const refuse = (reason: string, fix: string): EngineAction => ({ do: "refuse", ok: false, reason, fix });

/** What it takes until a Docker engine answers here. Pure. */
export function decideEngine(facts: EngineFacts): EngineAction {
  if (facts.version !== undefined) return { do: "use" };
  if (facts.dockerHost) {
    return refuse(
      `no Docker engine answers at DOCKER_HOST=${facts.dockerHost} (${facts.refusal})`,
      "start that engine, or: unset DOCKER_HOST",
    );
  }
  if (facts.platform === "darwin") {
    return facts.installed.cli
      ? refuse(`Docker is installed but not running (${facts.refusal})`, "open -a Docker")
      : refuse("Docker is not installed", "brew install --cask docker && open -a Docker");
  }
  if (facts.platform !== "linux") {
    return refuse(
      `the lab needs Linux or macOS with Docker, this is ${facts.platform}`,
      "run it on Linux or macOS",
    );
  }
  if (/permission denied/i.test(facts.refusal)) {
    return refuse(
      "this user may not talk to the Docker engine",
      'sudo usermod -aG docker "$USER", then log in again',
    );
  }
  const complete = facts.installed.cli && facts.installed.daemon;
  if (!facts.root) {
    if (!complete) {
      return facts.apt
        ? refuse("Docker is not installed, and only root can install it", "sudo apt-get install docker.io")
        : refuse("Docker is not installed", "install Docker Engine from your distribution");
    }
    return refuse(
      `Docker is installed but not running (${facts.refusal}), and only root can start it`,
      facts.systemd ? "sudo systemctl start docker" : "sudo sh -c 'dockerd >/var/log/dockerd.log 2>&1 &'",
    );
  }
  if (complete) return { do: "start", by: facts.systemd ? "systemd" : "hand" };
  if (facts.apt) return { do: "install" };
  return refuse(
    "Docker is not installed, and this system has no apt-get to install it with",
    "install Docker Engine from your distribution",
  );
}
