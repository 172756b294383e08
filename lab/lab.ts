import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the checkout. */
export const repository = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** The policies that judge every preview and every update. */
export const policyPack = `${repository}/policies`;

/** One lab: its own names, ports and folders, so that several can live on a machine. */
export interface Lab {
  /** Lower-case letters, digits and dashes; part of every name that the lab gives. */
  name: string;
  /** Everything that belongs to this lab alone. */
  folder: string;
  /** What all labs of a checkout share: built binaries and images. */
  cache: string;
  /** Stack configuration as written by people; the lab adds what it alone knows. */
  configFile: string;
}

/** The lab that the environment names: `LAB`, `LAB_ROOT`, `LAB_CACHE`, `LAB_CONFIG`. */
export function labOf(environment: Record<string, string | undefined> = process.env): Lab {
  const name = environment.LAB || "local";
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new Error(`LAB=${name} cannot name a lab: use up to 31 lower-case letters, digits and dashes`);
  }
  const root = environment.LAB_ROOT || join(repository, ".lab");
  return {
    name,
    folder: join(root, name),
    cache: environment.LAB_CACHE || join(root, "cache"),
    configFile: environment.LAB_CONFIG || join(repository, "Pulumi.local.yaml"),
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
  lock: join(lab.folder, "lock.json"),
  upLog: join(lab.folder, "up.log"),
  tools: join(lab.folder, "tools.json"),
});
