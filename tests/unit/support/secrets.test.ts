import { expect, test } from "vitest";
import { loginUsers } from "../../support/secrets.ts";

test("S1 a host's files are searched as each user who may log in, and as no user of a service", () => {
  const passwd = [
    "root:x:0:0:root:/root:/bin/bash",
    "sync:x:4:65534:sync:/bin:/bin/sync",
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    "ubuntu:x:1000:1000:Ubuntu,,,:/home/ubuntu:/bin/bash",
    "admin:x:1001:1001::/home/admin:/bin/sh",
    "toor:x:0:0::/root:/bin/sh",
    "",
  ].join("\n");
  const shells = "# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n";
  expect(loginUsers(passwd, shells)).toEqual(["ubuntu", "admin"]);
  expect(loginUsers(passwd, "# none\n")).toEqual([]);
});
