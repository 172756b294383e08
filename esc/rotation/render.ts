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
    const { rotation, obtain, environment, path, republish } = standing;
    const doing =
      rotation.by === "rotator"
        ? [`    ESC's rotator ${rotation.how} changes it: \`esc env rotate ${environment}\``]
        : [
            `    new one from: ${obtain}`,
            `    ${rotation.how}`,
            `    \`esc env set ${environment} ${path} --secret --string --file -\`, then \`pulumi up\` for ${republish.stacks.map(({ name }) => name).join(", ")}`,
          ];
    return [
      headline(standing),
      ...doing,
      ...republish.effects.map((effect) => `    ${effect}`),
      ...republish.stacks.flatMap(({ name, resources }) => [`    changes in ${name}:`, ...byType(resources)]),
      `    \`node esc/rotation/main.ts --done ${environment} ${path}\``,
    ];
  });
  const count = dueOnes(all).length;
  return [...lines, count === 0 ? "nothing is due" : `${count} of ${all.length} to be changed`].join("\n");
}
