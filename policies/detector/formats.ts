import { commands } from "./commands.ts";
import { files } from "./files.ts";
import { type Format, isLiteral, notPlaceholder } from "./format.ts";
import { isPlaceholder, looksRandom } from "./random.ts";
import { tokens } from "./tokens.ts";

/**
 * What stands between the lines of a PEM file in other text: line ends, real or escaped (also twice, as JSON in a string of
 * code), quotes, and what marks a line as a comment or a quotation.
 */
const beforeLine = "(?:[\\s\"'`+,|#>*/]|\\\\+[nr]){0,200}";
/** `Proc-Type: 4,ENCRYPTED`, `Comment: made by hand`. Each part has a bound, so that no text takes long to be none. */
const pemHeader = "[A-Za-z-]{1,40}:[ \\t][^\\r\\n\\\\]{0,400}(?:\\r?\\n|\\\\+[nr])";

/**
 * Every key format that is known; the order is that of reports. Where a mark is long enough to be no accident, any
 * character may stand before it: the `n` of an escaped line end, or a name that ends there.
 */
export const formats: readonly Format[] = [
  {
    name: "AWS access key id",
    keywords: ["akia", "asia", "abia", "acca"],
    pattern: /(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g,
  },
  {
    name: "AWS secret access key",
    keywords: ["secret"],
    pattern: /aws.{0,24}secret.{0,24}?[=:"'\s]{1,4}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
    verify: looksRandom,
  },
  {
    name: "GitHub token",
    // Installation tokens are JWTs behind `ghs_` since 2026, hence the dots.
    keywords: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /(?:gh[pousr]_[A-Za-z0-9_.-]{36,}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})/g,
  },
  {
    name: "GitLab token",
    keywords: ["gl"],
    pattern: /gl(?:pat|ptt|rt|dt|cbt|ft|soat|agent|imt|ffct)-[A-Za-z0-9_-]{20,}/g,
    verify: notPlaceholder,
  },
  {
    name: "Slack token",
    keywords: ["xox", "xapp-"],
    pattern: /(?:xox[abcdeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+)/g,
    verify: (secret) => /\d/.test(secret) && !isPlaceholder(secret),
  },
  {
    name: "Slack webhook",
    keywords: ["hooks.slack.com"],
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{40,}/g,
  },
  {
    name: "HubSpot private app token",
    keywords: ["pat-"],
    pattern: /pat-[a-z]{2}\d{1,2}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi,
  },
  {
    name: "OpenAI API key",
    keywords: ["t3blbkfj"],
    pattern: /sk-(?:(?:proj|svcacct|admin)-)?[A-Za-z0-9_-]{20,200}T3BlbkFJ[A-Za-z0-9_-]{20,}/g,
  },
  {
    name: "Anthropic API key",
    keywords: ["sk-ant-"],
    pattern: /sk-ant-[a-z]{2,8}\d{2}-[A-Za-z0-9_-]{80,}/g,
  },
  {
    name: "JSON web token",
    keywords: ["eyj"],
    // What only begins like one is matched, too, and rejected: else each `eyJ` in it would be tried to its end.
    pattern: /eyJ[A-Za-z0-9_-]{10,}(?:\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,})?/g,
    verify: (token) => token.includes("."),
  },
  { name: "Pulumi access token", keywords: ["pul-"], pattern: /pul-[0-9a-f]{40}\b/g },
  {
    name: "Estuary service account key",
    keywords: ["flow_sa_"],
    pattern: /flow_sa_[A-Za-z0-9_-]{8,}/g,
    verify: notPlaceholder,
  },
  { name: "Estuary refresh token", keywords: ["eyjpzci6i"], pattern: /eyJpZCI6I[A-Za-z0-9+/]{40,}={0,2}/g },
  {
    name: "private key",
    keywords: ["private key", "private-lines"],
    // A header alone is a mention; a body makes it a key. Four dashes are SSH's own (RFC 4716), lines are PuTTY's.
    pattern: new RegExp(
      `(?:-{4,5} ?BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)? ?-{4,5}|Private-Lines: ?\\d+)${beforeLine}(?:${pemHeader}${beforeLine}){0,8}[A-Za-z0-9+/=]{24,}`,
      "g",
    ),
  },
  {
    name: "DER key without a header",
    keywords: ["ibaa", "ibad", "ageam", "agebb", "caqaw", "caqew", "caqee"],
    // DER in base64: a list whose first part is a version number, 0 or 1, and then what PKCS#8, PKCS#1 or SEC 1 have
    // next; with lengths of two bytes, of one, and of none. Certificates and public keys begin otherwise; what has a
    // header is matched above.
    pattern: new RegExp(
      `(?=M)(?<![A-Za-z0-9+/_-]|KEY-----${beforeLine})(?:MII[\\w+/-]{2}[AQgw]IBA[AD]|MI[GH][\\w+/-]Ag(?:EAM|EBB)|M[A-H][\\w+/-]CAQ(?:[AE]w|EE))[\\w+/-]{40,}={0,2}`,
      "g",
    ),
  },
  {
    name: "OpenSSH key without a header",
    // What each begins with: "openssh-key-v1" and a zero.
    keywords: ["b3blbnnzac1rzxktdjea"],
    pattern: new RegExp(`(?<!KEY-----${beforeLine})b3BlbnNzaC1rZXktdjEA[A-Za-z0-9+/]{40,}`, "g"),
  },
  {
    name: "K3s token",
    keywords: ["k10"],
    pattern: /K10[0-9a-f]{64}::[A-Za-z0-9._-]+(?::[^\s"']{8,})?/g,
  },
  {
    name: "kubeconfig client key",
    keywords: ["client-key-data"],
    pattern: /client-key-data["']?:\s*["']?[A-Za-z0-9+/]{80,}={0,2}/g,
  },
  {
    name: "URL with a password",
    keywords: ["://"],
    // People forget to escape `@` and `/`; what is only digits before a slash is a port.
    pattern:
      /\b[a-z][a-z0-9+.-]{2,20}:\/\/[^\s:/@"'`]{0,64}:(?!\d{1,5}\/)([^\s"'`]{6,200}?)@(?=[A-Za-z0-9.[-]+(?:[:/?#\s"'`,]|$))/g,
    verify: isLiteral,
  },
  {
    name: "URL with a token",
    keywords: ["://"],
    pattern:
      /:\/\/([A-Za-z0-9_.~+-]{16,200}):?@[A-Za-z0-9]|[?&](?:key|code|sig|signature|x-amz-signature)=([A-Za-z0-9%._~+/=-]{20,200})/gi,
    verify: looksRandom,
  },
  {
    name: "Snowflake password",
    keywords: ["snowflake"],
    pattern:
      /snowflake[\s\S]{0,80}?\b(?:password|pwd|token|private_key)["']?\s*[:=]\s*["']([^"'\s]{8,})["']/gi,
    verify: (secret) => /[A-Za-z]/.test(secret) && /[0-9]/.test(secret) && isLiteral(secret),
  },
  {
    name: "bearer token",
    keywords: ["bearer"],
    pattern: /\bbearer\s+([A-Za-z0-9._~+/-]{12,}=*)/gi,
    verify: looksRandom,
  },
  {
    name: "basic authentication",
    keywords: ["basic", "auth"],
    pattern: /(?:\bbasic\s+|["']?\bauth["']?\s*[:=]\s*["'])([A-Za-z0-9+/]{12,}={0,2})/gi,
    verify: (secret) =>
      /^[\x21-\x7e]+:[\x21-\x7e]{6,}$/.test(Buffer.from(secret, "base64").toString("latin1")),
  },
  ...tokens,
  ...commands,
  ...files,
];
