import { dueOnes, type Standing } from "./due.ts";

const headline = ({ state, secret, environment, last, due }: Standing): string => {
  const which = `${secret} (${environment})`;
  switch (state) {
    case "overdue":
      return `✘ ${which} was to be changed by ${due}; last changed ${last}`;
    case "unrecorded":
      return `✘ ${which}: nobody wrote down when it was last changed`;
    case "due":
      return `! ${which} is to be changed by ${due}`;
    case "fresh":
      return `✔ ${which} until ${due}`;
    case "absent":
      return `- ${which} is optional and not written down: taken for not put in`;
  }
};

/** What to do for another value. */
function steps({ rotation, obtain, environment, path, republish }: Standing): string[] {
  const stacks = republish.stacks.map(({ name }) => name).join(", ");
  switch (rotation.by) {
    case "rotator":
      return [
        `    ESC's rotator ${rotation.how} changes it: \`esc env rotate ${environment}\`, then \`pulumi up\` for ${stacks}`,
        "    not set up yet? docs/runbooks/rotate.md has what to write",
      ];
    case "setting":
      return [`    ${rotation.how} It is ${path} in ${environment}`];
    case "reminder":
      return [
        `    new one from: ${obtain}`,
        `    ${rotation.how}`,
        `    \`esc env set ${environment} ${path} --secret --string --file -\`, then \`pulumi up\` for ${stacks}`,
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

/** The report for people: what is well in a line, the others with what to do. Pure. */
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
    // Nobody is reminded of a value that was put in and never written down.
    ...(absent > 0 ? [`${absent} optional ones not written down; \`--done\` each that was put in`] : []),
    count === 0 ? "nothing is due" : `${count} of ${all.length} to be changed`,
  ].join("\n");
}
