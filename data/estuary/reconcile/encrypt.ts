import type { EstuaryApi } from "../client/api.ts";
import type { Spec } from "../spec/catalog.ts";
import { inClear, secretValues } from "../spec/secrets.ts";

/**
 * A spec's model with the secrets of its endpoint encrypted by Estuary. The encrypted object is passed on as it came:
 * its checksum covers the order of its fields.
 *
 * @throws When a secret came back in clear, as it does where the connector's schema does not know its field.
 */
export async function encrypted(api: EstuaryApi, name: string, spec: Spec): Promise<Record<string, unknown>> {
  if (spec.type === "collection") return { ...spec.model };
  const { image, config } = spec.model.endpoint.connector;
  const schema = await api.endpointSchema(image);
  const secrets = secretValues(config, schema);
  const safe = await api.encrypt(config, schema);
  const clear = inClear(safe, secrets);
  const sops = typeof safe.sops === "object" && safe.sops !== null;
  if (clear.length > 0 || (secrets.length > 0 && !sops)) {
    throw new Error(
      `${name}: Estuary's encryption left secrets in clear at ${clear.join(", ") || "the root"}; nothing was published. ` +
        `Compare the configuration with the schema of ${image}`,
    );
  }
  return { ...spec.model, endpoint: { connector: { image, config: safe } } };
}
