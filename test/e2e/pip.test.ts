/** Upgrades by a real pip, which removes a console script and writes it anew. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place } from "../support/place.ts";
import { intact, overwritten, standing } from "../support/standing.ts";

const wheel = resolve(import.meta.dirname, "../fixtures/wheel.py");

/** Debian's own Python, whose pip the virtual environments see. */
const python = "/usr/bin/python3";

const pip =
  "PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore bin/python -m pip --quiet --no-cache-dir";
const wheelOf = (version: string): string => `./speaker-${version}-py3-none-any.whl`;
const install = (version: string, ...options: string[]): string =>
  `${pip} install --no-index ${options.join(" ")} ${wheelOf(version)} 2>&1`;

/** A virtual environment in the place's folder with version 1.0 of a console script, intercepted. */
async function intercepted(): Promise<Place> {
  const at = await place({
    policy: "routes:\n  - name: pass\nprobe: [--help]\nalways: { append: [--seen] }\n",
    make(folder) {
      execFileSync(python, ["-m", "venv", "--without-pip", "--system-site-packages", folder]);
      for (const version of ["1.0", "2.0", "3.0"]) {
        execFileSync(python, [wheel, version, "tool"], { cwd: folder });
      }
      execFileSync("sh", ["-euc", install("1.0")], { cwd: folder });
    },
  });
  await at.shell("ls -A bin >before");
  done(await at.apply());
  return at;
}

const says = async (at: Place, words: string): Promise<void> =>
  expect(await at.call("a")).toEqual({ status: 0, stdout: `${words}\n`, stderr: "" });

const repair = (at: Place) => at.tool(["repair", "small", "--yes"]);

const inBin = (at: Place): string[] => readdirSync(join(at.folder, "bin")).sort();

/** Calls the script in a loop; each line tells the phase in which a call began, its exit status and what it printed. */
function callLoop(at: Place): { phase(name: string): Promise<unknown>; stop(): Promise<string[]> } {
  const file = (name: string) => at.inside(join(at.folder, name));
  writeFileSync(file("phase"), "before\n");
  const loop = at.shell(
    'while [ ! -e stop ] && read -r phase <phase; do code=0; said=$(bin/tool a 2>&1) || code=$?; echo "$phase $code $(echo $said)"; done >calls',
  );
  return {
    phase: (name) => at.shell(`echo ${name} >phase.new; mv phase.new phase`),
    async stop() {
      await at.shell("touch stop");
      await loop;
      return readFileSync(file("calls"), "utf8").trim().split("\n");
    },
  };
}

describe.concurrent("pip", { timeout: 400_000 }, () => {
  test("upgrades twice; each time the wrapper is put back in front of the new script, and no call is lost by it", async () => {
    const at = await intercepted();
    await says(at, "1.0 a --seen");
    const calls = callLoop(at);
    for (const version of ["2.0", "3.0"]) {
      await calls.phase("pip");
      await at.shell(install(version, "--upgrade"));
      await calls.phase("upgraded");
      expect(await standing(at)).toMatchObject(overwritten("binary-overwritten", ...keptAfter(version)));
      await says(at, `${version} a`);
      await calls.phase("repair");
      const { stdout } = done(await repair(at));
      await calls.phase("repaired");
      for (const kept of stdout.matchAll(/kept at (\S+)\./g))
        expect(readFileSync(kept[1] ?? "", "utf8")).toContain("from speaker import main");
      await says(at, `${version} a --seen`);
      // A console script tells the name that it is run by.
      expect((await at.call("--help")).stdout).toContain("usage: tool ");
    }
    const told = await calls.stop();
    const failed = told.filter((call) => call.split(" ")[1] !== "0");
    // pip itself takes the script, and the module that it imports, away for a moment.
    const unlucky = /^pip \d+ .*(not found|Permission denied|No module named|cannot import|No such file)/;
    expect(failed.filter((call) => !unlucky.test(call))).toEqual([]);
    const right = /^\w+ 0 [123]\.0 a( --seen)?$/;
    expect(told.filter((call) => !right.test(call) && !failed.includes(call))).toEqual([]);
    const during = told.filter((call) => call.startsWith("repair ")).length;
    expect(during).toBeGreaterThan(0);

    expect(await standing(at)).toEqual(intact("old-kept", "old-kept"));
    done(await at.rollback());
    await says(at, "3.0 a");
    expect(await at.shell("ls -A bin | diff before -")).toBe("");
    await at.shell(`${pip} uninstall --yes speaker`);
    expect(inBin(at)).not.toContain("tool");
  });

  test("uninstalls; installed again it is intercepted anew, and a rollback says what is left", async () => {
    const at = await intercepted();
    await at.shell(`${pip} uninstall --yes speaker`);
    const removed = { state: "broken", codes: ["binary-removed"], exit: 1 };
    expect(await standing(at)).toEqual(removed);
    expect((await repair(at)).status).toBe(1);
    expect(inBin(at)).not.toContain("tool");
    await at.shell(install("2.0"));
    expect(await standing(at)).toEqual(overwritten("binary-overwritten"));
    done(await repair(at));
    await says(at, "2.0 a --seen");
    await at.shell(`${pip} uninstall --yes speaker`);
    const { status, stderr } = await at.rollback();
    expect(stderr).toContain(`If its package was uninstalled, remove that too: rm ${at.binary}.`);
    expect(status).toBe(0);
    expect(await at.shell("rm bin/tool; ls -A bin | diff before - || true")).toBe(
      await at.shell("grep -vx tool before | diff before - || true"),
    );
  });

  test("puts the link back when an upgrade fails", async () => {
    const at = await intercepted();
    // The second script can't be written, when the first one has been.
    await at.shell(`mkdir -p bin/zero/in-the-way; ${python} ${wheel} 2.0 tool zero`);
    expect((await at.run(["sh", "-c", install("2.0", "--upgrade")])).status).not.toBe(0);
    expect(await standing(at)).toEqual(intact());
    await says(at, "1.0 a --seen");
    expect(done(await repair(at)).stdout).toContain("Nothing to do");
  });

  test.each(["--force-reinstall", "--ignore-installed"])("replaces the link with %s too", async (how) => {
    const at = await intercepted();
    await at.shell(install("2.0", how));
    expect(await standing(at)).toEqual(overwritten("binary-overwritten"));
    done(await repair(at));
    await says(at, "2.0 a --seen");
    done(await at.rollback());
    await says(at, "2.0 a");
  });
});

// ---

/** The first upgrade has nothing kept yet. */
const keptAfter = (version: string): string[] => (version === "2.0" ? [] : ["old-kept"]);
