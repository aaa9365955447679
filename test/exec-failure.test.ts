/** What a caller sees when the real binary can't be run, or not by the path that it should be: as without a wrapper. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Layout } from "../src/spec/spec.ts";
import { placeByHand } from "./support/place-by-hand.ts";

let folder = "";
const name = `exec-failure-${process.pid}`;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interpose-exec-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(`/tmp/interpose-${process.getuid?.()}/${name}.log`, { force: true });
});

function place(keepName: boolean): Layout {
  const binary = join(folder, "tool");
  cpSync("/bin/echo", binary);
  return placeByHand({ file: `name: ${name}\nbinary: ${binary}\nalways: { append: [last] }\n`, keepName });
}

/** The second call finds a log, and so takes the wrapper's short way. */
const call = (path: string, env: NodeJS.ProcessEnv, args = ["a"]) => {
  spawnSync(path, args, { env });
  const { status, stdout } = spawnSync(path, args, { env, encoding: "utf8" });
  return { status, stdout };
};

describe.each([
  [
    "an environment as a shell gives it",
    { ...process.env, _: "/usr/bin/env", SHLVL: "2", PWD: process.cwd() },
  ],
  ["an empty environment", {}],
])("in %s", (_, env) => {
  test("a real binary that isn't executable gives 126", () => {
    const layout = place(false);
    chmodSync(layout.real, 0o644);
    expect(call(layout.binary, env)).toEqual({ status: 126, stdout: "" });
    expect(call(layout.binary, env, ["é"])).toEqual({ status: 126, stdout: "" });
  });

  test("a real binary whose interpreter is gone gives 126", () => {
    const layout = place(false);
    rmSync(layout.real);
    writeFileSync(layout.real, "#!/nowhere/at/all\n", { mode: 0o755 });
    expect(call(layout.binary, env).status).toBeOneOf([126, 127]);
  });

  test("while it is being given back, the path that was called is run", () => {
    const layout = place(false);
    renameSync(layout.real, `${layout.binary}.next`);
    const wrapper = spawnSync("/bin/bash", [layout.wrapper, layout.binary, "a"], { env });
    expect(wrapper.status).toBe(127);
    renameSync(`${layout.binary}.next`, layout.binary);
    const { status, stdout } = spawnSync("/bin/bash", [layout.wrapper, layout.binary, "a"], {
      env,
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "a last\n" });
  });

  test("without the link that keeps its name, it runs by its own path", () => {
    const layout = place(true);
    rmSync(layout.namedReal);
    expect(call(layout.binary, env)).toEqual({ status: 0, stdout: "a last\n" });
    // A link that is there when it is looked for, and can't be run.
    symlinkSync(layout.real, layout.namedReal);
    linkSync(layout.real, `${layout.real}.kept`);
    expect(call(layout.binary, env)).toEqual({ status: 0, stdout: "a last\n" });
  });
});
