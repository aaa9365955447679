/** Troubles that only a service has, by what systemd does to it: with a real systemd. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CalledByUnit, calledBy } from "../support/called-by-unit.ts";
import { can } from "../support/private-host.ts";
import { hasSystemd } from "../support/services.ts";
import { script } from "../support/small-binaries.ts";

describe.skipIf(!can.beRoot || !hasSystemd)("a service that is named in the file", () => {
  const unit = `caller-${process.pid}.service`;
  let at: CalledByUnit["at"];
  let services: CalledByUnit["services"];
  let define: CalledByUnit["define"];
  beforeAll(async () => {
    ({ at, services, define } = await calledBy(unit));
  });
  afterAll(() => services?.stop());

  /** Starts it anew with these settings. @returns what doctor says */
  const start = async (...settings: string[]) => {
    await define("ExecStart=/bin/sleep 600", ...settings);
    expect(await services.systemctl("restart", unit)).toMatchObject({ status: 0 });
    return at.doctor({ env: services.env });
  };

  test("may not write to the /tmp that it sees", async () => {
    const said = await start("ProtectSystem=strict");
    expect(said.codes, said.shown).toEqual(["tmp-read-only-for"]);
    expect(said.shown).toContain(`${unit} (process `);
    expect((await start("ProtectSystem=strict", "ReadWritePaths=/tmp")).codes).toEqual([]);
  });

  test("sees another file at the wrapper's path", async () => {
    const said = await start(`BindReadOnlyPaths=/etc/hostname:${at.wrapper}`);
    expect(said.codes, said.shown).toEqual(["hidden-from-service"]);
    expect((await start("PrivateTmp=no")).codes).toEqual([]);
  });

  test("has another program first on its PATH", async () => {
    mkdirSync(join(at.folder, "front"));
    script(join(at.folder, "front/tool"), "#!/bin/sh\necho another\n");
    const said = await start(`Environment=A=1 PATH=${at.folder}/front:${at.folder}/bin:/bin`);
    expect(said.codes, said.shown).toEqual(["shadowed"]);
    expect(said.shown).toContain(`calls of ${unit} find ${at.folder}/front/tool`);
    expect((await start(`Environment=PATH=${at.folder}/bin:${at.folder}/front`)).codes).toEqual([]);
  });

  test("runs the binary since before it was upgraded, and is restarted", async () => {
    expect((await start(`ExecStart=`, `ExecStart=${at.binary} wait`)).codes).toEqual([]);
    await at.shell("cp bin/tool-real bin/new; mv bin/new bin/tool-real");
    const said = await at.doctor({ env: services.env });
    expect(said.shown).toContain(`belongs to: ${unit}`);
    await services.systemctl("restart", unit);
    expect((await at.doctor({ env: services.env })).shown).not.toContain("runs-old-file");
  });
});
