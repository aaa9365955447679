import { expect, test } from "vitest";
import { privateHost } from "../support/private-host.ts";

test("the demo shows both routes on real audio, and leaves nothing", async () => {
  const at = await privateHost();
  const before = at.listing("content");
  const { status, stdout, stderr } = await at.interpose(["demo"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(stdout).toContain("stand-in");
  const [direct = "", through = ""] = stdout.split("The same calls again");
  expect(direct).not.toContain("float16");
  expect(through).toMatch(/talk\.mp3.*--device.*cuda.*float16/s);
  expect(through).toMatch(/lecture\.mp3.*--device.*cpu.*int8/s);
  expect(at.listing("content")).toBe(before);
});
