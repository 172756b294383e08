import { join, resolve } from "node:path";
import { cacheFolder, labsFolder, repository } from "../tools/repository.ts";

/** One lab: separate names, ports and folders, so that several can run on a machine. */
export interface Lab {
  /** Lower-case letters, digits and dashes; part of every name that the lab creates. */
  name: string;
  /** Everything that belongs to this lab alone. */
  folder: string;
  /** Shared by all labs of a checkout: built binaries and images. */
  cache: string;
  /** Stack configuration as committed; the lab adds its own settings. */
  configFile: string;
}

/** Names that other folders beside the labs' have. */
const reserved = ["cache", "ci", "dashboards", "node-compile-cache"];

/** The lab that the environment names: `LAB`, `LAB_ROOT`, `LAB_CACHE`, `LAB_CONFIG`. */
export function labOf(environment: Record<string, string | undefined> = process.env): Lab {
  const name = environment.LAB || "local";
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new Error(
      `LAB=${name} cannot name a lab: use up to 31 lower-case letters, digits and dashes, a letter first`,
    );
  }
  if (reserved.includes(name)) {
    throw new Error(`LAB=${name} cannot name a lab: that folder beside the labs holds something else`);
  }
  const root = labsFolder(environment);
  return {
    name,
    folder: join(root, name),
    cache: cacheFolder(environment),
    configFile: resolve(environment.LAB_CONFIG || join(repository, "Pulumi.local.yaml")),
  };
}

/** Files of a lab by what they are. */
export const files = (lab: Lab) => ({
  sshKey: join(lab.folder, "keys", "ssh"),
  ca: join(lab.folder, "keys", "ca.crt"),
  caKey: join(lab.folder, "keys", "ca.key"),
  tlsCertificate: join(lab.folder, "keys", "tls.crt"),
  tlsKey: join(lab.folder, "keys", "tls.key"),
  apiKey: join(lab.folder, "keys", "lambda-api-key"),
  passphrase: join(lab.folder, "keys", "passphrase"),
  address: join(lab.folder, "address.json"),
  stackConfig: join(lab.folder, "Pulumi.local.yaml"),
  kubeconfig: join(lab.folder, "kubeconfig"),
  knownHosts: join(lab.folder, "known_hosts"),
  backend: join(lab.folder, "pulumi"),
  cloudState: join(lab.folder, "cloud", "state.json"),
  cloudLog: join(lab.folder, "cloud", "log"),
  cloudPid: join(lab.folder, "cloud", "pid.json"),
  saas: join(lab.folder, "saas"),
  saasCredentials: join(lab.folder, "keys", "vendors.json"),
  /** Next to the folder, because `make down` removes the folder while it holds the lock. */
  lock: `${lab.folder}.lock`,
  upLog: join(lab.folder, "up.log"),
  tools: join(lab.folder, "tools.json"),
});
