import { expect, onTestFinished } from "vitest";
import type { Observer } from "../../lab/cloud/wire/server.ts";
import { Contract } from "./contract/contract.ts";

const contract = new Contract(undefined, { strict: true });

/**
 * Holds every request that an emulator gets against Lambda's document, whoever sent it, and every answer that it makes,
 * and fails the test at its end if one is not allowed: the emulator alone may be more lenient than Lambda is, and tell
 * our client more. Answers that a test planned as a fault are left out.
 */
export function judged(next?: Observer): Observer {
  const faults: string[] = [];
  onTestFinished(() => {
    expect(
      faults,
      "requests of our client, and answers to it, that Lambda's document does not allow",
    ).toEqual([]);
  });
  return async (phase, request) => {
    const { method, path, query, body, answer } = request;
    const exchange = { method, path, query, requestBody: body };
    const wrong = [
      ...(phase === "before" ? contract.requestFaults(exchange) : []),
      ...(phase === "replied" && answer
        ? contract.responseFaults({ ...exchange, ...answer, responseText: answer.text })
        : []),
    ];
    faults.push(...wrong.map((fault) => `${method} ${path}: ${fault}`));
    await next?.(phase, request);
  };
}
