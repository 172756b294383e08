import { selfSigned } from "../../../components/services/gpuMetrics/certificateProvider.ts";

/** Text in the form of a PEM, of which nothing can be read. */
export const pem = (kind: string): string =>
  `-----${`BEGIN ${kind}`}-----\nnot a real one\n-----${`END ${kind}`}-----`;

/** The required secrets, Snowflake's, and those of backups, of the right form. @param hostnames of the certificate */
export async function placeholders(hostnames: string[]): Promise<Record<string, string>> {
  const { certificate, key } = await selfSigned(hostnames);
  return {
    lambdaApiKey: "placeholder",
    registryPassword: "placeholder",
    backupPassword: "placeholder",
    backupAccessKeyId: "placeholder",
    backupSecretAccessKey: "placeholder",
    snowflakeLoaderPrivateKey: pem("PRIVATE KEY"),
    snowflakePrivateKey: pem("PRIVATE KEY"),
    sshPrivateKey: pem("PRIVATE KEY"),
    tlsCertificate: certificate,
    tlsKey: key,
  };
}
