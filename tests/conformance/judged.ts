import { expect, onTestFinished } from "vitest";
import type { Observer } from "../../lab/cloud/wire/server.ts";
import { Contract } from "./contract/contract.ts";

const contract = new Contract();

/**
 * Holds every request that an emulator gets against Lambda's document, whoever sent it, and fails the test at its end
 * if one is not allowed: the emulator alone may be more lenient than Lambda is.
 */
export function judged(next?: Observer): Observer {
  const faults: string[] = [];
  onTestFinished(() => {
    expect(faults, "requests of our client that Lambda's document does not allow").toEqual([]);
  });
  return async (phase, request) => {
    if (phase === "before") {
      const { method, path, query, body } = request;
      const wrong = contract.requestFaults({ method, path, query, requestBody: body });
      faults.push(...wrong.map((fault) => `${method} ${path}: ${fault}`));
    }
    await next?.(phase, request);
  };
}
