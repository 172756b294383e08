import { connect } from "node:net";

/**
 * Whether an SSH server answers. A connection alone is no proof: Docker's proxy accepts it for a machine that is still
 * booting. Resolves with the reason why not, or undefined.
 */
export function sshRefusal(address: string, port = 22, milliseconds = 2000): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let text = "";
    const done = (refusal: string | undefined) => {
      socket.destroy();
      resolve(refusal);
    };
    socket.setTimeout(milliseconds, () => done(`no SSH banner within ${milliseconds} ms`));
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (text.startsWith("SSH-")) done(undefined);
      else if (text.length > 255) done("a server other than SSH answers");
    });
    socket.on("error", (error) => done(error.message));
    socket.on("close", () => done("the connection was closed without an SSH banner"));
  });
}
