import type { AnySecretName, Secret } from "../components/settings/environment/secrets.ts";
import { configKey, liveSecrets } from "../components/settings/environment/uses.ts";
import { tagOf } from "./check/pins.ts";

/** First line of every file that is made. */
export const header = "# Made by `make documents` from components/settings/environment; edit there.";

/** `esc/sophia/defaults.yaml`: an optional secret is empty until it is set. Pure. */
export function defaultsText(all: Iterable<[AnySecretName, Secret]> = liveSecrets): string {
  const areas = new Map<string, string[]>();
  for (const [, { required, path }] of all) {
    const [area = "", key = ""] = path.split(".");
    if (!required) areas.set(area, [...(areas.get(area) ?? []), `    ${key}: ""`]);
  }
  const lines = [...areas].sort().flatMap(([area, keys]) => [`  ${area}:`, ...keys.sort()]);
  return [
    header,
    "description: Defaults of optional secrets, until they are set in sophia/base-secrets.",
    ...(lines.length > 0 ? ["values:", ...lines] : ["values: {}"]),
    "",
  ].join("\n");
}

/** `esc/sophia/base.yaml`: the company's secrets, from their paths in ESC to the program's configuration keys. Pure. */
export function baseText(all: Iterable<[AnySecretName, Secret]> = liveSecrets): string {
  const secrets = [...all];
  const lines = secrets
    .filter(([, { scope }]) => scope === "company")
    .map(([name, { path }]) => `    ${configKey(name)}: \${${path}}`);
  return [
    header,
    "description: Accounts that all stages share. The values are in sophia/base-secrets, which is not in git.",
    "imports:",
    "  # A tag of its text: a stage that is pinned to a version of this one keeps its defaults, too.",
    `  - sophia/defaults@${tagOf(defaultsText(secrets))}`,
    "  - sophia/base-secrets",
    "values:",
    "  pulumiConfig:",
    ...lines.sort(),
    "",
  ].join("\n");
}
