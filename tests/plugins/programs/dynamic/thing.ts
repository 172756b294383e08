import crypto from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as world from "./world.ts";

interface ThingInputs {
  folder: string;
  label: string;
  text: string;
  /** A change replaces the thing, the new one first. */
  kind: string;
  /** A change replaces the thing, the old one first. */
  place: string;
  /** `create` and `delete` fail at once, `half` after the thing was made. `wait` fails nothing: it ends when it is released. */
  fail: string;
}

const provider: pulumi.dynamic.ResourceProvider<ThingInputs, ThingInputs> = {
  async check(_olds, news) {
    const failures = news.text === "forbidden" ? [{ property: "text", reason: "must not be forbidden" }] : [];
    return { inputs: news, failures };
  },
  async diff(_id, olds, news) {
    const replaces = (["kind", "place"] as const).filter((name) => olds[name] !== news[name]);
    return {
      changes: replaces.length > 0 || olds.text !== news.text || olds.fail !== news.fail,
      replaces,
      deleteBeforeReplace: olds.place !== news.place,
    };
  },
  async create(inputs) {
    if (inputs.fail === "create") throw new Error(`${inputs.label} cannot be made`);
    if (inputs.fail === "wait") await world.release(inputs.folder, inputs.label);
    const id = crypto.randomUUID();
    world.write(inputs.folder, id, { text: inputs.text });
    world.note(inputs.folder, `create ${inputs.label} ${inputs.text}`);
    if (inputs.fail === "half") {
      throw Object.assign(new Error(`${inputs.label} is half made`), {
        id,
        properties: inputs,
        reasons: ["the other half is missing"],
      });
    }
    return { id, outs: inputs };
  },
  async read(id, props) {
    if (!props) return { id: "" };
    const stored = world.read(props.folder, id);
    return stored ? { id, props: { ...props, text: stored.text } } : { id: "" };
  },
  async update(id, olds, news) {
    world.write(news.folder, id, { text: news.text });
    world.note(news.folder, `update ${news.label} ${olds.text} ${news.text}`);
    return { outs: news };
  },
  async delete(id, props) {
    if (props.fail === "delete") throw new Error(`${props.label} cannot be deleted`);
    world.remove(props.folder, id);
    world.note(props.folder, `delete ${props.label} ${props.text}`);
  },
};

type ThingArgs = Partial<{ [name in keyof ThingInputs]: pulumi.Input<string> }>;

export class Thing extends pulumi.dynamic.Resource {
  declare readonly text: pulumi.Output<string>;
  declare readonly label: pulumi.Output<string>;

  constructor(name: string, args: ThingArgs, options?: pulumi.CustomResourceOptions) {
    const folder = new pulumi.Config().require("folder");
    super(provider, name, { folder, label: name, text: "", kind: "", place: "", fail: "", ...args }, options);
  }
}
