import { describe, expect, test } from "vitest";
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
