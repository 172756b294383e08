import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** Doc comments of a zod schema's fields, by path: `redis.memory`, `hosts[].name`. */
export type Comments = Map<string, string>;

/** Folders of the files that `settingsSchema` is made of. */
export const settingsFolders = ["..", "../sections"].map((folder) => join(import.meta.dirname, folder));

/** Every `const` at the top of the files, by name. */
function constants(files: ts.SourceFile[]): Map<string, { value: ts.Expression; comment?: string }> {
  const found = new Map<string, { value: ts.Expression; comment?: string }>();
  for (const file of files) {
    for (const statement of file.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const comment = commentOf(statement);
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (!ts.isIdentifier(name) || !initializer) continue;
        found.set(name.text, { value: initializer, ...(comment && { comment }) });
      }
    }
  }
  return found;
}

const commentOf = (node: ts.Node): string | undefined => {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment))
    .filter((comment) => comment !== undefined)
    .join(" ");
  return text === "" ? undefined : text.replace(/\s+/g, " ");
};

const isObject = (method: string) => ["object", "strictObject", "looseObject"].includes(method);

/**
 * Reads the comments where they are written, so that documents never say something else.
 * @param root name of the schema's constant
 * @param folders of the files that it is made of
 */
export function readComments(root: string, folders: string[]): Comments {
  const sources = folders
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true));
  const known = constants(sources);
  const comments: Comments = new Map();

  const fields = (object: ts.ObjectLiteralExpression, path: string): void => {
    for (const property of object.properties) {
      const name = property.name?.getText().replaceAll('"', "");
      if (name === undefined) continue;
      const inner = path === "" ? name : `${path}.${name}`;
      const comment = commentOf(property);
      if (comment !== undefined) comments.set(inner, comment);
      if (ts.isPropertyAssignment(property)) visit(property.initializer, inner);
      else if (ts.isShorthandPropertyAssignment(property)) named(property.name.text, inner);
    }
  };
  const visit = (node: ts.Expression | undefined, path: string): void => {
    if (!node) return;
    if (ts.isIdentifier(node)) named(node.text, path);
    else if (ts.isPropertyAccessExpression(node)) visit(node.expression, path);
    else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: called } = node;
      const [first] = node.arguments;
      if (called.name.text === "array") visit(first, `${path}[]`);
      else if (first && ts.isObjectLiteralExpression(first) && isObject(called.name.text))
        fields(first, path);
      else visit(called.expression, path);
    }
  };
  /** A part that is described where it is made says the same here; an entry of a list has no row to say it in. */
  const named = (name: string, path: string): void => {
    const constant = known.get(name);
    if (constant?.comment && !path.endsWith("[]") && !comments.has(path))
      comments.set(path, constant.comment);
    visit(constant?.value, path);
  };
  named(root, "");
  return comments;
}
