import { z } from "zod";

/** Reads a value of a stack's configuration by its complete key, e.g. `sophia-infra:lambda`. */
export type Get = (key: string) => string | undefined;

interface Configuration {
  get: Get;
}

/**
 * What a dynamic provider makes of the stack's configuration, such as its connection: Pulumi hands the configuration over
 * before the first use. So neither settings nor keys are inputs of a resource, and current ones apply to old resources.
 */
export function fromConfiguration<Made>(make: (get: Get) => Made): {
  /** Called once for each kind of resource, always with the same configuration. */
  configureWith: (given: Configuration) => void;
  /** @throws before `configureWith` */
  configured: () => Made;
} {
  let configuration: Configuration | undefined;
  return {
    configureWith: (given) => {
      configuration = given;
    },
    configured: () => {
      const given = configuration;
      if (given === undefined) throw new Error("the provider was used before it was configured");
      return make((key) => given.get(key));
    },
  };
}

/** A secret that a provider cannot work without. @throws naming the key */
export function requiredSecret(get: Get, key: string): string {
  const value = get(key);
  if (!value) throw new Error(`the secret ${key} is missing: set it in the stack's environment`);
  return value;
}

/** The settings under a key, which may be left out. @throws naming the key and every fault */
export function settingsAt<Schema extends z.ZodType>(get: Get, key: string, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(JSON.parse(get(key) ?? "{}"));
  if (!result.success) throw new Error(`${key}: ${z.prettifyError(result.error)}`);
  return result.data;
}
