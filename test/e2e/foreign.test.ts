/** What others put at a path, with the programs that put it there: told apart, and refused or handled by name. */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { download, isDebian, layOver } from "../support/debian.ts";
import { done, quick } from "../support/place.ts";
import { can, type PrivateHost, privateHost } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

/** Applies a file for the binary; what is there must be the same afterwards, when it is refused. */
async function apply(host: PrivateHost, binary: string, policy = quick) {
  const file = join(host.folder, "some.yaml");
  writeFileSync(file, `binary: ${binary}\n${policy}`);
  return host.interpose(["apply", file, "--yes"]);
}

interface Listed {
  foreign: { path: string; kind: string }[];
}

async function listed(host: PrivateHost, folder: string): Promise<Record<string, object>> {
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const { foreign } = JSON.parse(
    done(await host.interpose(["status", "--all", "--json"], { env })).stdout,
  ) as Listed;
  return Object.fromEntries(foreign.map(({ path, ...rest }) => [path, rest]));
}

describe.skipIf(!isDebian || !can.mount)("on Debian", () => {
  test("a diversion of molly-guard's", async () => {
    const host = await privateHost();
    await layOver(host);
    await host.shell(`dpkg --force-depends -i ${download("molly-guard", host.folder)}`);
    const diverted = (await host.shell("dpkg-divert --truename /sbin/halt")).trim();
    expect(diverted).not.toBe("/sbin/halt");
    const all = await listed(host, "/sbin");
    for (const name of ["halt", "poweroff", "reboot", "shutdown"]) {
      expect(all[`/usr/sbin/${name}`]).toMatchObject({ kind: "diverted", by: "molly-guard" });
    }
    expect(all["/usr/sbin/halt"]).toMatchObject({ to: diverted });
    const before = await host.shell("ls -lid --time-style=full-iso /sbin/halt /usr/sbin");
    for (const path of ["/sbin/halt", "/usr/sbin/halt"]) {
      const { status, stderr } = await apply(host, path);
      expect(status).toBe(1);
      expect(stderr).toContain("molly-guard");
      const adopted = await host.interpose(["adopt", path, "--yes"]);
      expect(adopted.status).toBe(1);
      expect(adopted.stderr).toMatch(
        /is no interception that was made by hand: it is diverted to .* by the package molly-guard/,
      );
    }
    expect(await host.shell("ls -lid --time-style=full-iso /sbin/halt /usr/sbin")).toBe(before);
  });

  test("a link of update-alternatives", async () => {
    const host = await privateHost();
    await layOver(host);
    await host.shell(`
for name in one two; do printf '#!/bin/sh\\necho %s\\n' $name >/usr/bin/pick-$name; chmod +x /usr/bin/pick-$name; done
update-alternatives --quiet --install /usr/bin/pick pick /usr/bin/pick-one 10
update-alternatives --quiet --install /usr/bin/pick pick /usr/bin/pick-two 20`);
    expect((await listed(host, "/usr/bin"))["/usr/bin/pick"]).toEqual({
      kind: "alternative",
      name: "pick",
      target: "/usr/bin/pick-two",
    });
    const { status, stderr } = await apply(host, "/usr/bin/pick");
    expect(status).toBe(1);
    expect(stderr).toContain(
      "/usr/bin/pick is a link of update-alternatives, which would put it back over ours",
    );
    expect(stderr).toContain("binary: /usr/bin/pick-two.");
    // The advice, followed; and the choice goes on to work.
    done(await apply(host, "/usr/bin/pick-two"));
    expect(await host.shell("pick; update-alternatives --quiet --set pick /usr/bin/pick-one; pick")).toBe(
      "two\none\n",
    );
    expect(done(await host.interpose(["status"])).stdout).toContain("intact");
    done(await host.interpose(["rollback", "some", "--yes"]));
  });

  test("a launcher that a package brought is none that was made by hand", async () => {
    const host = await privateHost();
    await layOver(host);
    const folder = join(host.folder, "package");
    mkdirSync(join(folder, "usr/bin"), { recursive: true });
    mkdirSync(join(folder, "DEBIAN"));
    script(join(folder, "usr/bin/launched"), '#!/bin/sh\nexec /usr/bin/launched.bin "$@"\n');
    script(join(folder, "usr/bin/launched.bin"), '#!/bin/sh\nprintf "%s\\n" launched "$@"\n');
    writeFileSync(
      join(folder, "DEBIAN/control"),
      "Package: launched\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a launcher\n",
    );
    await host.shell(
      "dpkg-deb --root-owner-group -b package launched.deb >/dev/null; dpkg -i launched.deb >/dev/null",
    );
    expect((await listed(host, "/usr/bin"))["/usr/bin/launched"]).toBeUndefined();
    const { stderr } = await host.interpose(["adopt", "/usr/bin/launched", "--yes"]);
    expect(stderr).toContain("is no interception that was made by hand");
    done(await apply(host, "/usr/bin/launched"));
    expect(await host.shell("launched a")).toBe("launched\na\n");
    done(await host.interpose(["rollback", "some", "--yes"]));
  });
});

/** What pyenv writes, in the form that tells. */
const shimText = (root: string) => `#!/usr/bin/env bash
set -e
program="\${0##*/}"
export PYENV_ROOT="${root}"
exec "${root}/libexec/pyenv" exec "$program" "$@"
`;

test("a shim of pyenv's, with the program that it runs", async () => {
  const host = await privateHost();
  const root = join(host.folder, "pyenv");
  for (const folder of ["shims", "libexec", "versions/3.9.1/bin", "versions/3.12.1/bin"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  script(
    join(root, "libexec/pyenv"),
    `#!/bin/sh\nread -r version <${root}/version\nshift\nexec ${root}/versions/$version/bin/"$@"\n`,
  );
  for (const version of ["3.9.1", "3.12.1"]) {
    script(join(root, `versions/${version}/bin/tool`), `#!/bin/sh\necho ${version} "$@"\n`);
  }
  script(join(root, "shims/tool"), shimText(root));
  script(join(root, "shims/gone"), shimText(root));
  writeFileSync(join(root, "version"), "3.9.1\n");
  const shim = join(root, "shims/tool");
  const programs = ["3.9.1", "3.12.1"].map((version) => join(root, `versions/${version}/bin/tool`));
  const all = await listed(host, join(root, "shims"));
  expect(all[shim]).toEqual({ kind: "shim", manager: "pyenv", programs });
  const { status, stderr } = await apply(host, shim);
  expect(status).toBe(1);
  expect(stderr).toContain(`${shim} is a shim that pyenv writes anew whenever it likes`);
  expect(stderr).toContain(`binary: ${programs[0]}. (pyenv which tool`);
  const gone = await apply(host, join(root, "shims/gone"));
  expect(gone.stderr).toContain("Intercept the program that it runs: pyenv which gone.");
  done(await apply(host, programs[0] ?? ""));
  expect((await host.run([shim, "a"])).stdout).toBe("3.9.1 a\n");
  done(await host.interpose(["rollback", "some", "--yes"]));
});

test("a command of an npm package is intercepted as any other, and npm finds its link again", async () => {
  const host = await privateHost();
  const source = join(host.folder, "source");
  mkdirSync(source);
  writeFileSync(
    join(source, "cli.js"),
    '#!/usr/bin/env node\nconsole.log("from npm", ...process.argv.slice(2));\n',
  );
  writeFileSync(
    join(source, "package.json"),
    JSON.stringify({ name: "@some/tool", version: "1.0.0", bin: { tool: "cli.js" } }),
  );
  const environment = {
    ...process.env,
    npm_config_cache: join(host.folder, "cache"),
    npm_config_update_notifier: "false",
  };
  const npm = (...words: string[]) =>
    execFileSync("npm", ["--offline", "--no-audit", "--no-fund", ...words], {
      cwd: host.folder,
      env: environment,
    });
  npm("pack", "./source", "--silent");
  const prefix = join(host.folder, "prefix");
  npm("install", "--silent", "-g", "--prefix", prefix, "./some-tool-1.0.0.tgz");
  const binary = join(prefix, "bin/tool");
  const before = lstatSync(binary).ino;
  expect(readlinkSync(binary)).toContain("node_modules/@some/tool/");
  expect((await listed(host, join(prefix, "bin")))[binary]).toEqual({ kind: "npm", package: "@some/tool" });
  const adopted = await host.interpose(["adopt", binary, "--yes"]);
  expect(adopted.stderr).toContain("it is a command of the npm package @some/tool");
  done(await apply(host, binary));
  const path = { PATH: process.env.PATH ?? "" };
  expect((await host.run([binary, "a"], { env: path })).stdout).toBe("from npm a\n");
  done(await host.interpose(["rollback", "some", "--yes"]));
  expect(lstatSync(binary).ino).toBe(before);
});

test.skipIf(isDebian && can.mount)("needs root on Debian for the rest", () => {
  expect(process.env.CI, "CI has to run this as root on Debian").toBeUndefined();
});
