const modulePath = /^[a-z][A-Za-z0-9/]*\.ts$/;

/**
 * The text that is stored in the state: CommonJS that the dynamic provider evaluates. It searches the module in the
 * program's folder and above, so that test programs inside the repository find it, too.
 */
export function providerText(module: string): string {
  if (!modulePath.test(module)) throw new Error(`${module} is not a module of this repository`);
  return `exports.handler = () => {
  const { existsSync } = require("node:fs");
  const { dirname, join } = require("node:path");
  const { pathToFileURL } = require("node:url");
  const find = (dir) => {
    const file = join(dir, ${JSON.stringify(module)});
    if (existsSync(file)) return file;
    if (dirname(dir) === dir) throw new Error("no ${module} in " + process.cwd() + " or above: run pulumi inside the repository that made this stack");
    return find(dirname(dir));
  };
  const load = async () => (await import(pathToFileURL(find(process.cwd())).href)).provider;
  const methods = {};
  for (const method of ["configure", "check", "diff", "create", "read", "update", "delete"]) {
    methods[method] = async (...args) => {
      const provider = await load();
      if (provider[method]) return provider[method](...args);
      return defaults[method](...args);
    };
  }
  const defaults = {
    configure: () => undefined,
    check: (olds, news) => ({ inputs: news }),
    diff: () => ({}),
    read: (id, props) => ({ id, props }),
    update: (id, olds, news) => ({ outs: news }),
    delete: () => undefined,
  };
  return methods;
};
`;
}

/** The module that a text of `providerText` loads; undefined for any other text. */
export function moduleOf(text: string): string | undefined {
  const module = /join\(dir, "([^"]+)"\)/.exec(text)?.[1];
  return module !== undefined && modulePath.test(module) ? module : undefined;
}
