import { describe, expect, inject, test } from "vitest";
import { patient } from "../support/patient.ts";
import { can } from "../support/private-host.ts";

const users = [
  ["who runs the tests", undefined],
  ["nobody", "nobody"],
] as const;

describe.concurrent.each(users)("a healthy interception of %s", (_, as) => {
  test.skipIf(as === "nobody" && !can.beRoot)("has nothing wrong, and is left as it is", async () => {
    const at = await patient({ as });
    const before = at.listing("all");
    await at.found();
    expect(at.listing("all")).toBe(before);
    const all = await at.tool(["doctor", "--json"]);
    expect(JSON.parse(all.stdout)).toEqual([{ name: "small", findings: [] }]);
    expect((await at.tool(["doctor", at.file])).stdout).toBe("small  nothing is wrong\n");
  });
});

test("a healthy interception is one from a folder that is gone, too", async () => {
  const at = await patient();
  const words = [process.execPath, inject("interpose"), "doctor", "small"];
  const away = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
  const { stdout } = await at.run(["sh", "-c", away, "sh", ...words]);
  expect(stdout).toBe("small  nothing is wrong\n");
});
