/** The state folder, as another user would want it to be. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listing } from "../support/listing.ts";
import { done, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";

test.skipIf(!can.beRoot)("what apply makes is writable by nobody else, whatever the umask is", async () => {
  const at = await place({ policy: `${quick}`.replace("keepName: no", "keepName: yes") });
  const script = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
  done({ ...(await at.run(["sh", "-c", "umask 0; exec sh -s"], { input: script })) });
  const made = [
    listing(at.inside("/var/lib/interpose"), { times: "content" }),
    listing(join(at.folder, "bin"), { times: "content" }),
  ];
  const modes = made
    .join("\n")
    .split("\n")
    .map((line) => line.split(" ").slice(0, 3));
  for (const [path, mode = "", owner] of modes) {
    expect([path, owner]).toEqual([path, "0:0"]);
    if (!mode.startsWith("12")) expect([path, Number.parseInt(mode, 8) & 0o022]).toEqual([path, 0]);
  }
  expect(modes.length).toBeGreaterThan(6);
});

describe("a manifest that was edited", () => {
  const path = "/var/lib/interpose/small/manifest.json";

  test("has none of the files removed that it names", async () => {
    const at = await place({ policy: quick });
    const victim = join(at.folder, "home/passwd");
    done(await at.apply());
    const manifest = readFileSync(at.inside(path), "utf8");
    for (const [name, edits] of [
      ["wrapper", { wrapper: victim }],
      ["real", { real: victim }],
      ["binary", { binary: victim }],
      ["all", { wrapper: victim, real: victim, binary: victim }],
    ] as const) {
      writeFileSync(victim, "root:x:0:0\n");
      writeFileSync(at.inside(path), JSON.stringify({ ...JSON.parse(manifest), ...edits }, null, 2));
      await at.rollback();
      expect(readFileSync(victim, "utf8"), name).toBe("root:x:0:0\n");
      // Of a binary elsewhere, the wrapper that it says is in front of that one goes.
      if (name === "wrapper" || name === "real") expect((await at.call("a")).stdout).toBe("tool\na\n");
      await at.shell(`mkdir -p ${path.replace("/manifest.json", "")}`);
      writeFileSync(at.inside(path), manifest);
    }
  }, 120_000);

  test("and a name that leads elsewhere are not heeded", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    const manifest = JSON.parse(readFileSync(at.inside(path), "utf8"));
    writeFileSync(at.inside(path), JSON.stringify({ ...manifest, name: "../../../tmp/small" }, null, 2));
    const { status, stderr } = await at.rollback();
    expect(status).toBe(1);
    expect(stderr).toContain("holds a manifest that can't be read");
    expect(existsSync(at.wrapper)).toBe(true);
  });
});

test("SECURITY.md names tests that are there", () => {
  const text = readFileSync(join(import.meta.dirname, "../../SECURITY.md"), "utf8");
  const rows = [...text.matchAll(/\| `((?:security|ssh)\/[\w-]+\.test\.ts)`: ([^|]+) \|$/gm)];
  expect(rows.length).toBeGreaterThan(15);
  for (const [, file = "", titles = ""] of rows) {
    const tests = readFileSync(join(import.meta.dirname, "..", file), "utf8");
    for (const title of titles.split("; ")) expect(tests, file).toContain(title);
  }
});
