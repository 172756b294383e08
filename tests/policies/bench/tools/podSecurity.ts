import { join } from "node:path";
import { podOf } from "../../../../policies/engine/pods.ts";
import { manifestSubjects } from "../../../../policies/engine/subjects.ts";
import { object } from "../../../../policies/engine/values.ts";
import { run } from "../../../../tools/exec.ts";
import { pinned } from "./artefacts.ts";
import type { Tool } from "./tool.ts";

/** Pod Security "restricted", by the API server's own code: it sees pods and nothing else. */
export const podSecurity = async (folder: string): Promise<Tool> => ({
  name: `Pod Security ${await pinned("go/podsecurity/go.mod", /pod-security-admission v(\S+)/)}`,
  async judge(manifests) {
    const pods = manifests.flatMap(({ id, objects }) =>
      manifestSubjects("release", objects).flatMap((subject) => {
        const pod = podOf(subject);
        if (!pod) return [];
        const { annotations } = object(subject.kubernetes?.body.metadata);
        return [{ id, metadata: { labels: pod.labels, annotations: object(annotations) }, spec: pod.spec }];
      }),
    );
    const { stdout } = await run(join(folder, "podsecurity"), [], { stdin: JSON.stringify(pods) });
    return new Map(Object.entries(JSON.parse(stdout) as Record<string, string[]>));
  },
});
