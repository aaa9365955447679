/** Every way in which programs write over a path: status tells, repair takes the newest, and no file is lost. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place, quick, says } from "../support/place.ts";
import { intact, overwritten, standing } from "../support/standing.ts";

const intercepted = async (): Promise<Place> => {
  const at = await place({ policy: `${quick}always: { append: [--seen] }\n`, make: says("old") });
  done(await at.apply());
  // In a folder of its own, as an archive or a build has it.
  await at.shell(
    `mkdir build; printf '#!/bin/sh\\nprintf "%%s\\\\n" new "$@"\\n' >build/tool; chmod 755 build/tool`,
  );
  return at;
};

const inBin = (at: Place): string[] => readdirSync(join(at.folder, "bin")).sort();

/** All contents that are to be found beside the binary. */
const contents = (at: Place): Promise<string> => at.shell("cat bin/*; ls -l bin");

const makefile =
  "printf 'install:\\n\\tinstall -m 755 build/tool bin/tool\\ncopy:\\n\\tcp build/tool bin/tool\\n\\tchmod 755 bin/tool\\n' >Makefile";

/** What is written is run, told, taken as the real binary by a repair, and given back by a rollback. */
async function expectTaken(write: string, code: string): Promise<void> {
  const at = await intercepted();
  await at.shell(write);
  expect((await at.call("a")).stdout).toBe("new\na\n");
  expect(await standing(at)).toEqual(overwritten(code));
  done(await at.tool(["repair", "small", "--yes"]));
  expect(await at.call("a")).toEqual({ status: 0, stdout: "new\na\n--seen\n", stderr: "" });
  expect(await standing(at)).toEqual(intact("old-kept"));
  expect(await contents(at)).toMatch(/old "\$@"/);
  done(await at.rollback());
  expect((await at.call("a")).stdout).toBe("new\na\n");
  expect(inBin(at)).toEqual(["tool"]);
}

describe.concurrent("what replaces the path by", () => {
  test.each([
    ["mv", "mv build/tool bin/tool"],
    ["rm and cp", "rm bin/tool; cp build/tool bin/tool"],
    ["cp --remove-destination", "cp --remove-destination build/tool bin/tool"],
    ["install", "install build/tool bin/tool"],
    ["make install", `${makefile}; make -s install`],
    ["ln -f", "ln -f build/tool bin/tool"],
    ["ln -sf", 'ln -sf "$PWD/build/tool" bin/tool'],
    ["ln -sf, relative", "ln -sf ../build/tool bin/tool"],
    ["cp -d of a link", "ln -s ../build/tool build/link; cp -d build/link bin/tool"],
    ["tar -x", "tar -C build -cf a.tar tool; tar -C bin -xf a.tar"],
    ["tar -x --overwrite", "tar -C build -cf a.tar tool; tar -C bin --overwrite -xf a.tar"],
    ["busybox tar", "tar -C build -cf a.tar tool; busybox tar -C bin -xf a.tar"],
  ])("%s", (_, write) => expectTaken(write, "binary-overwritten"));
});

describe.concurrent("what writes through the link by", () => {
  test.each([
    ["cp", "cp build/tool bin/tool"],
    ["cp -f", "cp -f build/tool bin/tool"],
    ["cp -a", "cp -a build/tool bin/tool"],
    ["cat", "cat build/tool >bin/tool"],
    ["dd", "dd if=build/tool of=bin/tool status=none"],
    ["make with cp and chmod", `${makefile}; make -s copy`],
    ["an editor that writes in place", "printf '1,$d\\nr build/tool\\nw\\nq\\n' | ed -s bin/tool"],
    ["python's shutil.copy", 'python3 -c \'import shutil; shutil.copy("build/tool", "bin/tool")\''],
  ])("%s", (_, write) => expectTaken(write, "wrapper-written-through"));
});

describe.concurrent("sed -i, which puts a changed copy of the wrapper at the path,", () => {
  test("is told, and left to a person; calls go on", async () => {
    const at = await intercepted();
    await at.shell("sed -i 's/stands in for/STANDS in for/' bin/tool");
    expect(await standing(at)).toEqual(overwritten("binary-leads-back"));
    const { status, stderr } = await at.tool(["repair", "small", "--yes"]);
    expect(stderr).toContain(`${at.binary} leads to`);
    expect(status).toBe(1);
    // It needs the wrapper, so that stays too.
    expect((await at.rollback()).stderr).toContain(`${at.binary} leads to`);
    expect(await at.shell("cat bin/tool")).toContain("STANDS in for");
    expect((await at.call("a")).stdout).toBe("old\na\n--seen\n");
    await at.shell(`ln -sfn ${at.wrapper} ${at.binary}`);
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
  });

  test("when it changes nothing, is mended", async () => {
    const at = await intercepted();
    await at.shell("sed -i 's/no such words//' bin/tool");
    done(await at.tool(["repair", "small", "--yes"]));
    expect(await standing(at)).toEqual(intact());
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
  });
});
