import { liveSpecs } from "../../estuary/client/operations.ts";
import { statusOf } from "../../estuary/client/status.ts";
import { causeOf } from "../../kit/errors.ts";
import type { Task } from "./tasks.ts";

/** Estuary refused, or could not be reached. */
export class EstuaryUnreadable extends Error {
  constructor(url: string, why: string, options?: ErrorOptions) {
    super(`Estuary at ${url} did not report its tasks: ${why}`, options);
    this.name = "EstuaryUnreadable";
  }
}

export interface StatusOptions {
  /** Base URL of the agent API. */
  url: string;
  /** `flow_sa_…` */
  apiKey: string;
  /** Catalog names of the tasks. */
  tasks: readonly string[];
  /** Seconds that an answer may take. Default 10. */
  timeout?: number;
}

const states: Record<string, Task["state"]> = {
  OK: "ok",
  WARNING: "waiting",
  ERROR: "failed",
  TASK_DISABLED: "disabled",
};

/** Asks Estuary how tasks are: one question for all of them, and nothing that changes anything. */
export class StatusClient {
  readonly #options: StatusOptions;
  constructor(options: StatusOptions) {
    this.#options = options;
  }

  /** @throws EstuaryUnreadable */
  async look(signal: AbortSignal): Promise<Task[]> {
    const { tasks } = this.#options;
    const { data } = await this.#ask(signal);
    const result = liveSpecs.data.safeParse(data);
    if (!result.success) throw this.#unreadable("the response does not match the expected schema");
    const live = new Map(result.data.liveSpecs.edges.map(({ node }) => [node.catalogName, node] as const));
    return tasks.map((name): Task => {
      const { liveSpec, status: told } = live.get(name) ?? {};
      const status = told && statusOf(told);
      if (!liveSpec) return { name, state: "missing", summary: "" };
      if (liveSpec.isDisabled) return { name, state: "disabled", summary: status?.summary ?? "" };
      // Not judged yet, or a word that is new: neither is a failure.
      const state = states[status?.type ?? ""] ?? "waiting";
      return { name, state, summary: status?.summary ?? "" };
    });
  }

  async #ask(signal: AbortSignal): Promise<{ data?: unknown }> {
    const { url, apiKey, tasks, timeout = 10 } = this.#options;
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url.replace(/\/+$/, "")}/api/graphql`, {
        method: "POST",
        headers: {
          accept: "application/json",
          "content-type": "application/json",
          authorization: `Bearer ${apiKey}`,
        },
        body: JSON.stringify({
          operationName: liveSpecs.name,
          query: liveSpecs.text,
          variables: { names: tasks, after: null },
        }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)]),
        redirect: "error",
      });
      text = await response.text();
    } catch (cause) {
      signal.throwIfAborted();
      throw this.#unreadable(causeOf(cause), { cause });
    }
    const said = text.replaceAll(apiKey, "[key]").replaceAll(/\s+/g, " ").slice(0, 200);
    if (!response.ok) throw this.#unreadable(`${response.status}, ${said}`);
    let answer: { data?: unknown; errors?: { message?: string }[] };
    try {
      answer = JSON.parse(text) as typeof answer;
    } catch (cause) {
      throw this.#unreadable(`the answer is not JSON: ${said}`, { cause });
    }
    if (answer.errors?.length) throw this.#unreadable(said);
    return answer;
  }

  #unreadable(why: string, options?: ErrorOptions): EstuaryUnreadable {
    return new EstuaryUnreadable(this.#options.url, why, options);
  }
}
