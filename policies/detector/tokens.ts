import type { Format } from "./format.ts";
import { notPlaceholder } from "./format.ts";
import { looksRandom } from "./random.ts";

/** Extensions of files that caches name by an MD5: behind `secret_<name>_<32 hex>.` they make no key. */
const extension =
  /^(?:jsonl?|ya?ml|toml|txt|md|csv|tsv|xml|html?|css|[cm]?[jt]sx?|map|py|sh|log|tmp|bak|lock|bin|db|sqlite|parquet|pkl|pdf|png|jpe?g|gif|webp|svg|mp[34]|wav|webm|zip|tar|t?gz|bz2|xz|zst|7z)$/;

/** A token that begins with its vendor's mark. */
const marked = (name: string, mark: string, rest: string, more: Partial<Format> = {}): Format => ({
  name,
  keywords: [mark.toLowerCase()],
  pattern: new RegExp(`${mark.replaceAll(".", "\\.")}${rest}`, "g"),
  ...more,
});

/** Tokens and API keys of vendors, as their documentation or their own secret scanning describes them. */
export const tokens: Format[] = [
  {
    name: "Lambda Cloud API key",
    keywords: ["secret_"],
    // The name is what a person typed, which YAML may break at a blank. Any character may stand before the key: it is found inside other words, too.
    pattern: /secret_\S(?:[^\n]|\n(?= )){0,256}?_[0-9a-f]{32}(?:\.|%2E)([A-Za-z0-9]+)/gi,
    verify: (tail) => !extension.test(tail),
  },
  {
    // Where it was split at its name: what is left is the secret all the same.
    name: "end of a Lambda Cloud API key",
    keywords: ["."],
    pattern: /\.(?<=(?:^|[^0-9a-f_])[0-9a-f]{32}\.)(?![0-9a-f]+\b)(?=[a-z]*\d)([A-Za-z0-9]{16,})\b/gi,
    verify: looksRandom,
  },
  {
    name: "Notion token",
    keywords: ["ntn_", "secret_"],
    pattern: /(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}(?![A-Za-z0-9_]))/g,
    verify: notPlaceholder,
  },
  {
    name: "Figma token",
    keywords: ["figd_", "figo_", "figu_", "figor_", "figur_"],
    pattern: /fig(?:[dou]|or|ur)_[A-Za-z0-9_-]{36,}/g,
    verify: notPlaceholder,
  },
  {
    name: "Asana personal access token",
    keywords: ["/1", "/2"],
    pattern: /(?<![\d/.])[0-2]\/[12]\d{9,18}(?:\/[12]\d{9,18})?:[0-9a-f]{32}(?![0-9a-f])/g,
  },
  {
    name: "Docker Hub token",
    keywords: ["dckr_"],
    pattern: /dckr_[op]at_[A-Za-z0-9_-]{20,}/g,
    verify: notPlaceholder,
  },
  marked("PyPI token", "pypi-AgE", "[A-Za-z0-9_-]{50,}"),
  marked("SendGrid API key", "SG.", "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"),
  marked("Twilio API key", "SK", "[0-9a-f]{32}(?![0-9a-f])"),
  {
    name: "Telegram bot token",
    keywords: [":aa"],
    pattern: /(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/g,
  },
  marked("Linear API key", "lin_api_", "[A-Za-z0-9]{40}"),
  {
    name: "Salesforce token",
    keywords: ["00d", "force://"],
    pattern:
      /(?:00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?![A-Za-z0-9._]{60,}|force:\/\/[^\s:@"'`]*:[^\s:@"'`]*:([^\s:@"'`$]{20,})@)/g,
    verify: notPlaceholder,
  },
  {
    name: "HashiCorp Vault token",
    keywords: ["hvs.", "hvb.", "hvr."],
    pattern: /hv[sbr]\.[A-Za-z0-9_-]{24,}/g,
    verify: (secret) => /\d/.test(secret) && notPlaceholder(secret),
  },
  marked("Databricks token", "dapi", "[0-9a-f]{32}(?:-\\d)?(?![0-9a-f])"),
  marked("Tailscale key", "tskey-", "[a-z]+-[A-Za-z0-9]{6,}-[A-Za-z0-9]{16,}"),
  marked("Atlassian API token", "ATATT3", "[A-Za-z0-9_=-]{60,}"),
  marked("OpenRouter API key", "sk-or-v1-", "[0-9a-f]{64}"),
  marked("Groq API key", "gsk_", "[A-Za-z0-9]{52}"),
  marked("Google OAuth client secret", "GOCSPX-", "[A-Za-z0-9_-]{28}"),
  marked("Neon API key", "napi_", "[a-z0-9]{60,}"),
  {
    name: "Grafana token",
    keywords: ["glsa_", "glc_"],
    pattern: /(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})/g,
  },
  { name: "npm token", keywords: ["npm_"], pattern: /npm_[A-Za-z0-9]{36}\b/g },
  { name: "Hugging Face token", keywords: ["hf_"], pattern: /hf_[A-Za-z]{34}\b/g },
  { name: "Google API key", keywords: ["aiza"], pattern: /AIza[\w-]{35}(?![\w-])/g },
  { name: "DigitalOcean token", keywords: ["do"], pattern: /do[opr]_v1_[0-9a-f]{64}\b/g },
  { name: "Stripe key", keywords: ["sk_live_", "rk_live_"], pattern: /[sr]k_live_[A-Za-z0-9]{20,}/g },
  { name: "age identity", keywords: ["age-secret-key-1"], pattern: /AGE-SECRET-KEY-1[0-9A-Z]{58}\b/g },
  {
    name: "JSON web key",
    keywords: ["kty"],
    pattern:
      /\bkty\b[^{}]{0,2000}?\bd\\{0,7}["']?\s*:\s*\\{0,7}["']([A-Za-z0-9_-]{40,})|\bd\\{0,7}["']?\s*:\s*\\{0,7}["']([A-Za-z0-9_-]{40,})[^{}]{0,2000}?\bkty\b/g,
  },
];
