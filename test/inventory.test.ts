/** An inventory of somebody else's is read, and runs nothing. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { scratchFolder } from "./support/scratch.ts";

const canRead = spawnSync("ansible-inventory", ["--version"]).status === 0;
const options = { timeout: 120_000 };

test.runIf(process.env.CI)("ansible-inventory is there", () => {
  expect(canRead).toBe(true);
});

/** A file for the hosts of an inventory, with what is beside it, and how commands that only look end there. */
function stranger(inventory: string) {
  const folder = scratchFolder();
  chmodSync(folder, 0o755);
  const at = (path: string) => join(folder, path);
  writeFileSync(
    at("small.yaml"),
    `binary: /bin/true\nroutes: [{ name: pass }]\nhosts: { inventory: ${inventory} }\n`,
  );
  const look = (...words: string[]) => {
    // Which hosts there are is asked first; none of them can be reached.
    const { status, stderr } = spawnSync(process.execPath, [inject("interpose"), ...words], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(existsSync(at("ran")), `${words.join(" ")}: something of the stranger's was run`).toBe(false);
    return { status, stderr };
  };
  return { folder, at, look };
}

test.skipIf(!canRead)("that is executable is refused, and not run", options, () => {
  const { at, look } = stranger("hosts");
  writeFileSync(at("hosts"), `#!/bin/sh\n: >'${at("ran")}'\necho '{"web":{"hosts":["a"]}}'\n`, {
    mode: 0o755,
  });
  for (const [command = "", ...more] of [
    ["plan", "--host", "a"],
    ["explain", "--host", "a", "--", "x"],
    ["status"],
  ]) {
    const { status, stderr } = look(command, at("small.yaml"), ...more);
    expect(status).toBe(1);
    expect(stderr).toContain(`${at("hosts")} is executable`);
    expect(stderr).toContain(`chmod a-x ${at("hosts")}`);
  }
});

test.skipIf(!canRead)("that has a program in its folder is an error", options, () => {
  const { at, look } = stranger("hosts");
  mkdirSync(at("hosts"));
  writeFileSync(at("hosts/web"), `#!/bin/sh\n: >'${at("ran")}'\necho '{}'\n`, { mode: 0o755 });
  expect(look("status", at("small.yaml")).stderr).toContain("can't be read");
});

test.skipIf(!canRead)("is not read by plugins that a configuration beside it names", options, () => {
  const { at, look } = stranger("hosts.ini");
  writeFileSync(at("hosts.ini"), "[web]\nnowhere.invalid\n");
  writeFileSync(
    at("ansible.cfg"),
    "[defaults]\ninventory_plugins = ./plugins\n[inventory]\nenable_plugins = planted, ini\n",
  );
  mkdirSync(at("plugins"));
  writeFileSync(at("plugins/planted.py"), `open(${JSON.stringify(at("ran"))}, "w")\n`);
  expect(look("status", at("small.yaml")).stderr).not.toContain("can't be read");
});

test.skipIf(!canRead)("is read by no plugin that it names itself", options, () => {
  const { at, look } = stranger("hosts.yaml");
  writeFileSync(at("hosts.yaml"), "plugin: ansible.builtin.generator\nhosts: { name: a }\nlayers: {}\n");
  expect(look("status", at("small.yaml")).stderr).toContain("can't be read");
  // A list of hosts still is.
  writeFileSync(at("hosts.yaml"), "web: { hosts: { nowhere.invalid: } }\n");
  expect(look("status", at("small.yaml")).stderr).not.toContain("can't be read");
});
