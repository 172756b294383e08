import { connect } from "node:http2";

/**
 * Calls `stop` when the connection to the engine ends: a killed CLI cannot end the processes that it started, and they
 * must not outlive it.
 */
export function exitWithEngine(address: string, stop: () => void): void {
  const session = connect(`http://${address}`);
  session.on("error", () => {
    // Handled by the `close` event, which follows.
  });
  session.once("close", stop);
  session.unref();
}
