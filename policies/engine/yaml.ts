import {
  type DocumentOptions,
  type ParseOptions,
  parseAllDocuments,
  type ScalarTag,
  type SchemaOptions,
} from "yaml";
import { type Json, object } from "./values.ts";

/** Words that YAML 1.1 reads as yes or no; without quotes only. */
const words: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

/**
 * YAML as Helm, Kubernetes and K3s read it, who keep to version 1.1 here: `yes` is true, `<<` merges, and of a key that
 * stands twice the last one counts.
 */
export const asKubernetesReads: ParseOptions & DocumentOptions & SchemaOptions = {
  merge: true,
  uniqueKeys: false,
  customTags: (tags) => [words, ...tags],
};

/**
 * The objects in a text of several YAML documents. Pure.
 * @throws with what is wrong where one of them is no YAML: half an object would be judged
 */
export function manifestsIn(text: string): Json[] {
  return parseAllDocuments(text, asKubernetesReads).map((document) => {
    const [fault] = document.errors;
    if (fault) throw new Error(`a manifest is no YAML: ${fault.message}`);
    return object(document.toJS());
  });
}
