/** What was put in the way, changed or cut off by others, and must not cost a file or a call. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, place, quick } from "../support/place.ts";

describe.concurrent("rollback keeps the real binary", () => {
  test.each([
    ["a script that runs it", 'printf \'#!/bin/sh\\nexec %s-real "$@"\\n\' "$PWD/bin/tool" >bin/new'],
    ["a link to it", "ln -s tool-real bin/new"],
  ])("when its path has %s by now", async (_, make) => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell(`${make}; [ -L bin/new ] || chmod 755 bin/new; mv -T bin/new bin/tool`);
    const { status, stdout, stderr } = await at.rollback();
    expect(status).toBe(0);
    expect(stdout).not.toContain("real binary again");
    expect(stderr).toContain(`The old binary is kept at ${at.real}`);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
  });

  test("but not when its path has a copy of it", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell("cp bin/tool-real bin/new; mv -T bin/new bin/tool");
    expect((await at.rollback()).status).toBe(0);
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
    expect(existsSync(at.real)).toBe(false);
  });
});
