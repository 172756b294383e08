import type { Unwrap } from "@pulumi/pulumi";
import { expect, expectTypeOf, test } from "vitest";
import { outputsSchema, parseOutputs, type StackOutputs } from "../../../components/outputs.ts";
import type * as program from "../../../index.ts";

/** What the Pulumi CLI prints of the program's exports. */
type Exported = Unwrap<typeof program>;

test("the program exports what readers of the stack's outputs parse, and nothing else", () => {
  // Checked by the compiler.
  expectTypeOf<Exported>().toExtend<StackOutputs>();
  expectTypeOf<keyof Exported>().toEqualTypeOf<keyof StackOutputs>();
});

test("outputs of another program are refused with the paths that differ, and without their values", () => {
  const schema = outputsSchema.pick({ url: true, kubeconfig: true, ingress: true });
  const known = { url: "https://sophia.example", kubeconfig: "secret text", ingress: ["192.0.2.1"] };
  expect(parseOutputs("dev", schema, { ...known, more: 1 })).toEqual(known);
  const read = () => parseOutputs("dev", schema, { ...known, url: "sophia", ingress: [7] });
  expect(read).toThrow(/outputs of stack dev .*url: .*ingress\.0: .*update the stack first/);
  expect(read).not.toThrow(/secret text/);
});
