import { randomUUID } from "node:crypto";
import { alnum, base64, digits, hex, lower, pick, random, upper } from "./draw.ts";

/** A key and the format under which the detector must report it. */
export interface PlantedKey {
  format: string;
  key: string;
}

/** The parts of a key are put together here, so that no scanner takes this file for a leak. */
export const plant = (format: string, ...parts: string[]): PlantedKey => ({ format, key: parts.join("") });

const url = `${alnum}_-`;
/** Numbers of accounts and users begin with 1. */
const id = (length: number) => `1${pick(digits, length - 1)}`;

/** Lambda Cloud's format in each variation that a name, a tail or what stands before it can have. */
const lambda = (): PlantedKey[] =>
  [
    ["sophia-dev", hex(32), pick(alnum, 32)],
    ["lambda_key_2", hex(32), pick(alnum, 24)],
    ["a", hex(32), `7${pick(alnum, 8)}`],
    ["sophia.dev", hex(32), pick(alnum, 32)],
    ["my first key", hex(32), pick(alnum, 32)],
    ["prod", hex(32).toUpperCase(), pick(alnum, 32)],
    ["prod", hex(32), pick(alnum, 96)],
    ["prod", hex(32), pick(lower, 7)],
    ["prod", hex(32), "a"],
    [`${"for the team of ".repeat(12)}data`, hex(32), pick(alnum, 32)],
    [`the "first" one, Ann's`, hex(32), pick(alnum, 32)],
  ].map(([name, id, tail]) => plant("Lambda Cloud API key", "sec", "ret_", `${name}_${id}.${tail}`));

/** Tokens with their vendor's mark. */
export const plantedTokens = (): PlantedKey[] => [
  ...lambda(),
  plant("Lambda Cloud API key", "OLD_sec", "ret_prod_", hex(32), ".", pick(alnum, 32)),
  plant("Lambda Cloud API key", "keysec", "ret_prod_", hex(32), ".", pick(alnum, 32)),
  plant("Lambda Cloud API key", "sec", "ret_prod_", hex(32), "%2E", pick(alnum, 32)),
  plant("end of a Lambda Cloud API key", hex(32), ".", random(24)),
  plant("Notion token", "nt", "n_", id(11), pick(alnum, 35)),
  plant("Notion token", "sec", "ret_", pick(alnum, 43)),
  plant("HubSpot private app token", "pa", "t-na1-", randomUUID()),
  plant("Figma token", "fi", "gd_", pick(url, 39), "x"),
  plant("Asana personal access token", "1/", id(16), ":", hex(32)),
  plant("Asana personal access token", "2/", id(16), "/", id(16), ":", hex(32)),
  plant("Docker Hub token", "dckr", "_pat_", pick(url, 26), "x"),
  plant("Docker Hub token", "dckr", "_oat_", pick(url, 31), "x"),
  plant("PyPI token", "py", "pi-AgEIcHlwaS5vcmc", pick(url, 120)),
  plant("SendGrid API key", "S", "G.", pick(url, 22), ".", pick(url, 42), "x"),
  plant("Twilio API key", "S", "K", hex(32)),
  plant("Telegram bot token", id(10), ":A", "A", pick(url, 32), "x"),
  plant("Linear API key", "lin", "_api_", pick(alnum, 40)),
  plant("Salesforce token", "00", "D", pick(alnum, 15), "!", pick(`${alnum}._`, 96)),
  plant("Salesforce token", "for", "ce://PlatformCLI::", pick(`${alnum}._`, 80), "@sophia.my.salesforce.com"),
  plant("HashiCorp Vault token", "hv", "s.", `4${pick(url, 90)}`),
  plant("Databricks token", "da", "pi", hex(32)),
  plant("Tailscale key", "ts", "key-auth-", pick(alnum, 12), "CNTRL-", pick(alnum, 32)),
  plant("Atlassian API token", "ATA", "TT3xFfGF0", pick(url, 170), "=", hex(8).toUpperCase()),
  plant("OpenRouter API key", "sk", "-or-v1-", hex(64)),
  plant("Groq API key", "gs", "k_", pick(alnum, 52)),
  plant("Google OAuth client secret", "GOC", "SPX-", pick(url, 27), "x"),
  plant("Neon API key", "na", "pi_", pick(lower + digits, 64)),
  plant("Grafana token", "gl", "sa_", pick(alnum, 32), "_", hex(8)),
  plant("npm token", "np", "m_", pick(alnum, 36)),
  plant("Hugging Face token", "h", "f_", pick(lower + upper, 34)),
  plant("Google API key", "AI", "za", pick(alnum, 35)),
  plant("DigitalOcean token", "dop", "_v1_", hex(64)),
  plant("Stripe key", "sk_", "live_", pick(alnum, 24)),
  plant("age identity", "AGE-SECRET", "-KEY-1", pick(upper + digits, 58)),
  plant("JSON web key", `{"kt`, `y":"OKP","crv":"Ed25519","d":"`, pick(url, 43), `","x":"a"}`),
  plant("JSON web key", `{"d":"`, pick(url, 43), `","kt`, `y":"OKP","crv":"Ed25519"}`),
];

/** Credentials that only their place in a command or a header gives away. */
export const plantedCommands = (): PlantedKey[] => [
  plant("credentials of a request", "cur", "l -sS -u sophia:", random(18), " https://api.test"),
  plant("credentials of a request", "cur", "l --user 'sophia:", random(18), "' https://api.test"),
  plant("password on a command line", "redis", "-cli -h redis.data -a ", random(18), " ping"),
  plant("password on a command line", "docker", " login registry.test -u sophia -p ", random(18)),
  plant("password on a command line", "ssh", "pass -p", random(18), " ssh sophia@host"),
  plant("MySQL password on a command line", "my", "sql -h db -u root -p", random(18), " sophia"),
  plant("MySQL password on a command line", "my", "sqldump -p'", random(18), "' sophia"),
  plant("htpasswd password", "ht", "passwd -bB users sophia ", random(18)),
  plant("password piped into a login", "ec", "ho ", random(18), " | docker login -u sophia --password-stdin"),
  plant(
    "literal of a Kubernetes Secret",
    "kubectl create secret generic a --from",
    "-literal=dsn=",
    random(18),
  ),
  plant("password in SQL", "ALTER ROLE sophia PASS", "WORD '", random(18), "'"),
  plant("password in SQL", "CREATE USER sophia IDENT", "IFIED BY '", random(18), "'"),
  plant("authorization header", "Author", "ization: token ", random(40)),
  plant("authorization header", "Author", "ization: ", random(40)),
  plant("password in SQL", "ALTER ROLE sophia PASS", "WORD $pw$", random(18), "$pw$"),
  plant("password piped into a login", "print", "f '%s' '", random(18), "' | docker login --password-stdin"),
  plant("password in Redis's configuration", "require", "pass ", random(18)),
  plant("password in Redis's configuration", "master", "auth ", random(18)),
  plant("password in Redis's configuration", "us", "er api on >", random(18), " ~* +@all"),
  plant("password in a list of PostgreSQL's users", "db.data:54", "32:sophia:api:", random(18)),
  plant("password in a list of PostgreSQL's users", '"api" "', random(18), '"'),
  plant("key written into a file", "ec", "ho ", random(18), " > /etc/sophia/api-key"),
  plant("URL with a token", "https:/", "/", random(24), "@github.com/sophia/infra"),
  plant("URL with a token", "https://files.test/a?sv=1&s", "ig=", random(40)),
  plant("bearer token", "Authorization: Bea", "rer ", random(40)),
  plant("bearer token", "Authorization: Bea", "rer ", random(16)),
  plant("basic authentication", "Authorization: Ba", "sic ", base64(`sophia:${random(16)}`)),
];
