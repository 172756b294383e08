import type { Rule } from "../../engine/rule.ts";
import { detectText } from "./strings.ts";

const vercel = /(?:^|[^a-z])vercel(?:$|[^a-z])|\bnow\.sh\b/i;

export const noVercel: Rule = {
  name: "no-vercel",
  description: "Nothing depends on Vercel.",
  severity: "medium",
  why: "the frontend is served by our own Nginx; a part that still calls Vercel stops with the contract",
  fix: "serve it by a route of Nginx (components/services/nginx.ts) and take the address and its variables out",
  evaluate(subject) {
    const provider = vercel.test(subject.type) ? [""] : [];
    return [...provider, ...detectText(subject, vercel)].map((path) => ({
      path,
      message: "depends on Vercel",
    }));
  },
};
