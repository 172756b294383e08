import { z } from "zod";
import { backupSecrets } from "./backup.ts";
import { monthly, privateKey, type Secret, text, twoKeys, vendor } from "./secretKinds.ts";

export type { Rotation, Secret } from "./secretKinds.ts";

/** Every secret that comes from outside. What the program makes itself is in `generated.ts`. */
export const secrets = {
  lambdaApiKey: {
    about:
      "API key of the Lambda Cloud account. A change re-configures the provider and touches no instance.",
    scope: "company",
    path: "lambda.apiKey",
    required: true,
    format: text,
    usedBy: ["fleet"],
    obtain: "Lambda Cloud console, API keys",
    rotation: monthly(twoKeys),
  },
  sshPrivateKey: {
    about:
      "Private half of `lambda.sshKey`, OpenSSH or PEM. A change takes `sshPreviousPrivateKey`, and replaces no host.",
    scope: "stage",
    path: "ssh.privateKey",
    required: true,
    format: privateKey,
    usedBy: ["cluster", "fleet"],
    obtain: "`ssh-keygen -t ed25519`",
    rotation: monthly(
      "Move the key to `ssh.previousPrivateKey`, put a new one in its place, update the stack; then empty `ssh.previousPrivateKey` and update once more.",
    ),
  },
  sshPreviousPrivateKey: {
    about:
      "The key before `sshPrivateKey`, while that changes: with it the program lets the new one into hosts that run, and they take both. Taken away, they take the new one only.",
    scope: "stage",
    path: "ssh.previousPrivateKey",
    required: false,
    format: privateKey,
    usedBy: ["cluster", "fleet"],
    obtain: "what `ssh.privateKey` was",
    rotation: monthly("Empty it and update the stack: it is there only while the key changes."),
  },
  tlsCertificate: {
    about:
      "Certificate chain for `nginx.hostnames`, PEM, the server's own first. An update is refused when that is not for all of them, not valid now, or not for `tlsKey`; a plan warns. A change replaces Nginx's pods one by one; running calls finish.",
    scope: "stage",
    path: "tls.certificate",
    required: true,
    format: z.string().includes("BEGIN CERTIFICATE", { error: "must be a PEM certificate" }),
    usedBy: ["nginx"],
    obtain: "the certificate authority",
    rotation: {
      by: "reminder",
      days: 60,
      why: "authorities issue for 90 days, and renew from the 60th on",
      how: "Have it issued again with a new key, and put both into ESC.",
    },
  },
  tlsKey: {
    about: "Private key of the certificate, PEM.",
    scope: "stage",
    path: "tls.key",
    required: true,
    format: privateKey,
    usedBy: ["nginx"],
    obtain: "made with the certificate's request",
    rotation: {
      by: "reminder",
      days: 60,
      why: "it changes with its certificate",
      how: "As the certificate.",
    },
  },

  alertsSlackUrl: {
    about:
      "Slack webhook that alerts are sent to, one for each stage's channel. Left out: alerts are at Alertmanager only. A change reaches Alertmanager within two minutes, without a restart.",
    scope: "stage",
    path: "alerts.slackUrl",
    required: false,
    format: z
      .string()
      .regex(
        /^https:\/\/[a-z0-9.-]+\/\S+$/,
        "must be an https URL at port 443, like https://hooks.slack.com/…",
      ),
    usedBy: ["alertmanager"],
    obtain: "Slack, the internal app's page, Incoming Webhooks",
    rotation: monthly(
      "Add a second webhook to the channel, put it into ESC, update the stack, then remove the first.",
    ),
  },

  ...backupSecrets,

  registryPassword: vendor(
    "Password or token that may push to the registry of the platform's images.",
    "registry.password",
    "the registry",
    ["images"],
  ),
  registryPullPassword: vendor(
    "Password or token with which the hosts pull the platform's images. Left out: they pull without a login, which takes public images. A change restarts K3s on one node after the other; pods go on running.",
    "registry.pullPassword",
    "the registry, with the right to read only",
    ["cluster"],
  ),
  lambdaInferenceApiKey: vendor(
    "API key of the LLM endpoint that `SOPHIA_INFERENCE_API_URL` names.",
    "inference.apiKey",
    "the endpoint's console",
  ),
  estuaryApiKey: vendor(
    "Key of Estuary's service account, begins with `flow_sa_`.",
    "estuary.apiKey",
    "Estuary, `createApiKey` of the service account; valid for a year at most",
    ["estuary"],
  ),
  estuaryTunnelKey: {
    about: "Private key with which Estuary reaches PostgreSQL through the data host's SSH, PEM or OpenSSH.",
    scope: "stage",
    path: "estuary.tunnelKey",
    required: false,
    format: privateKey,
    usedBy: ["estuary"],
    obtain: "`ssh-keygen -t ed25519 -N ''`",
    rotation: monthly("Put a new key into ESC and update the stack: the host takes the new one only."),
  },
  gongAccessKey: vendor("Access key of Gong's API.", "gong.accessKey", "Gong, Company settings, API"),
  gongAccessKeySecret: vendor("Its secret.", "gong.accessKeySecret", "shown once, with the access key"),
  hubspotClientId: vendor("Estuary's HubSpot app: its id.", "hubspot.clientId", "HubSpot, the app's page", [
    "estuary",
  ]),
  hubspotClientSecret: vendor(
    "Estuary's HubSpot app: its secret.",
    "hubspot.clientSecret",
    "HubSpot, the app's page",
    ["estuary"],
  ),
  hubspotRefreshToken: vendor(
    "Estuary's HubSpot app: the account's consent.",
    "hubspot.refreshToken",
    "the app's OAuth flow; other scopes need another one",
    ["estuary"],
  ),
  hubspotAccessToken: vendor(
    "Token of a private HubSpot app, for the MCP server.",
    "hubspot.accessToken",
    "HubSpot, Settings, Private apps; it can be rotated there",
  ),
  slackCaptureToken: vendor(
    "Bot token that the capture reads Slack with.",
    "slack.captureToken",
    "Slack, the internal app's page",
    ["estuary"],
  ),
  slackBotToken: vendor("Bot token for the MCP server.", "slack.botToken", "Slack, the app's page"),
  snowflakePrivateKey: {
    ...vendor(
      "Key of the user that manages the warehouse, PKCS8 PEM: a separate one for each stack. A change touches nothing in the account.",
      "snowflake.privateKey",
      "`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`; its public half by `ALTER USER` into the stack's key slot",
      ["snowflake"],
    ),
    scope: "stage",
    format: privateKey,
    // Not ESC's rotator `snowflake-user`: it writes both key slots of a user, and the stacks have one slot each.
    rotation: monthly(
      "Set the public half of a new key in the stack's slot of the user, put the private half into ESC; nothing else uses it.",
    ),
  },
  snowflakeLoaderPrivateKey: {
    ...vendor(
      "Key of the stack's service user that Estuary writes with, PKCS8 PEM without a passphrase. A change sets the user's public key and publishes the materialization again.",
      "snowflake.loaderPrivateKey",
      "`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`, or ESC's rotator",
      ["estuary"],
    ),
    scope: "stage",
    format: privateKey,
    rotation: { by: "rotator", days: 30, how: "snowflake-user" },
  },
  snowflakeReaderPrivateKey: {
    ...vendor(
      "Key of the stack's service user that the quality checks read with, PKCS8 PEM without a passphrase. Without it staging is not compared with the warehouse.",
      "snowflake.readerPrivateKey",
      "`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`, or ESC's rotator",
      ["snowflake"],
    ),
    scope: "stage",
    format: privateKey,
    rotation: { by: "rotator", days: 30, how: "snowflake-user" },
  },
  snowflakeMcpToken: vendor(
    "Programmatic access token for Snowflake's own MCP server, of a user whose role reads.",
    "snowflake.mcpToken",
    "Snowflake, `ALTER USER … ADD PROGRAMMATIC ACCESS TOKEN`",
  ),
  snowflakeAdminMcpToken: vendor(
    "The same, of a user whose role may change the warehouse.",
    "snowflake.adminMcpToken",
    "Snowflake, `ALTER USER … ADD PROGRAMMATIC ACCESS TOKEN`",
  ),
  snowflakeCortexMcpToken: vendor(
    "The same, of a user whose role may use Cortex.",
    "snowflake.cortexMcpToken",
    "Snowflake, `ALTER USER … ADD PROGRAMMATIC ACCESS TOKEN`",
  ),
  githubToken: vendor("Fine-grained personal access token.", "github.token", "GitHub, Developer settings"),
  notionToken: vendor("Token of an internal integration.", "notion.token", "Notion, Integrations"),
  asanaAccessToken: vendor("Personal access token.", "asana.accessToken", "Asana, developer console"),
  salesforceAuthUrl: vendor(
    "The CLI's login of one org.",
    "salesforce.authUrl",
    "`sf org display --verbose`",
  ),
  codacyAccountToken: vendor("Account API token.", "codacy.accountToken", "Codacy, Access management"),
  figmaApiKey: vendor("Personal access token.", "figma.apiKey", "Figma, Settings, Security"),
  pulumiAccessToken: vendor(
    "Access token of a machine user, for the MCP server.",
    "pulumi.accessToken",
    "Pulumi Cloud, Access tokens",
  ),
} as const satisfies Record<string, Secret>;

export type AnySecretName = keyof typeof secrets;
type Having<Required extends boolean> = {
  [Name in AnySecretName]: (typeof secrets)[Name]["required"] extends Required ? Name : never;
}[AnySecretName];
/** Secrets that every stack has. */
export type RequiredSecretName = Having<true>;
/** Secrets that a stack may have. */
export type OptionalSecretName = Having<false>;
