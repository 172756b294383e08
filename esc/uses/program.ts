/**
 * The child process of `run.ts`: runs the Pulumi program against mocks, once for each configuration that the parent sends,
 * and sends back digests of the inputs of every resource that the program registers. Nothing is created.
 */
import * as pulumi from "@pulumi/pulumi";
import { digest, outputsOf } from "./fakes.ts";
import type { Work } from "./run.ts";

async function register(stack: string, config: Record<string, string>, index: number) {
  const registered: Record<string, string> = {};
  pulumi.runtime.setAllConfig(config);
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        registered[`${type} ${name}`] = digest(inputs);
        return { id: `${name}-id`, state: { ...inputs, ...outputsOf(type, name, inputs) } };
      },
      call: () => ({}),
    },
    "sophia-infra",
    stack,
    true,
  );
  // Node evaluates a module once for each address.
  await import(`../../index.ts?run=${index}`);
  await pulumi.runtime.disconnect();
  return registered;
}

process.once("message", async ({ stack, configurations }: Work) => {
  const results: Record<string, string>[] = [];
  for (const [index, config] of configurations.entries()) results.push(await register(stack, config, index));
  process.send?.(results, () => process.exit());
});
