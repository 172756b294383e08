import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dashboardsOfStack } from "../../../../lab/dashboards/stack.ts";
import { repository } from "../../../../tools/repository.ts";

/** Text of a stack file. */
export const stackText = (stack: string): string =>
  readFileSync(join(repository, `Pulumi.${stack}.yaml`), "utf8");

/** Dashboards of a stack, as its update publishes them. */
export const dashboards = (stack: string) => dashboardsOfStack(stack, stackText(stack));

/** Every query of a stack's panels, with the panel's name. */
export const queries = (stack: string) =>
  dashboards(stack).flatMap(({ uid, panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ panel: `${uid}: ${title}`, expr })),
    ),
  );
