/** Removes Jupyter's tokens, which Lambda's replies contain, from text that goes into an error. */
export const redactJupyter = (text: string): string =>
  text
    .replace(/("jupyter_(?:token|url)"\s*:\s*")[^"]*"/g, '$1[secret]"')
    .replace(/([?&]token=)[^"&\s]+/g, "$1[secret]");
