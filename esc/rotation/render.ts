import { dueOnes, type Standing } from "./due.ts";

const headline = ({ state, secret, environment, last, due }: Standing): string => {
  const which = `${secret} (${environment})`;
  switch (state) {
    case "overdue":
      return `✘ ${which} was due on ${due}; last rotated ${last}`;
    case "unrecorded":
      return `✘ ${which}: the date of its last rotation is not recorded`;
    case "due":
      return `! ${which} is due on ${due}`;
    case "fresh":
      return `✔ ${which} until ${due}`;
    case "absent":
      return `- ${which} is optional, and no rotation is recorded: counts as not set`;
  }
};

/** How to rotate it. */
function steps({ rotation, obtain, environment, path, republish }: Standing): string[] {
  const stacks = republish.stacks.map(({ name }) => name).join(", then ");
  const deploy = `then deploy ${stacks}: all steps are in docs/runbooks/rotate.md`;
  switch (rotation.by) {
    case "rotator":
      return [`    ESC's rotator ${rotation.how} rotates it: \`esc env rotate ${environment}\`, ${deploy}`];
    case "setting":
      return [`    ${rotation.how} It is ${path} in ${environment}`];
    case "reminder":
      return [
        `    new value from: ${obtain}`,
        `    ${rotation.how}`,
        `    \`esc env set ${environment} ${path} --secret --string --file -\`, ${deploy}`,
      ];
  }
}

/** Resources by type; their names where they are few. */
function byType(resources: string[]): string[] {
  const types = Map.groupBy(resources, (resource) => resource.slice(0, resource.indexOf(" ")));
  return [...types].map(([type, all]) => {
    const names = all.map((resource) => resource.slice(type.length + 1));
    return `      ${type} ${all.length > 4 ? `(${all.length})` : names.join(", ")}`;
  });
}

/** The report as text: one line for each secret, with steps for those that are due. Pure. */
export function render(all: Standing[]): string {
  const lines = all.flatMap((standing) => {
    if (dueOnes([standing]).length === 0) return [headline(standing)];
    const { environment, path, republish } = standing;
    return [
      headline(standing),
      ...steps(standing),
      ...republish.effects.map((effect) => `    ${effect}`),
      ...republish.stacks.flatMap(({ name, resources }) =>
        resources.length > 0 ? [`    changes in ${name}:`, ...byType(resources)] : [],
      ),
      `    \`node esc/rotation/main.ts --done ${environment} ${path}\``,
    ];
  });
  const count = dueOnes(all).length;
  const absent = all.filter(({ state }) => state === "absent").length;
  return [
    ...lines,
    // A value that was set without a record is never due.
    ...(absent > 0
      ? [`${absent} optional secrets without a recorded rotation; run \`--done\` for each that is set`]
      : []),
    count === 0 ? "nothing is due" : `${count} of ${all.length} are due`,
  ].join("\n");
}
