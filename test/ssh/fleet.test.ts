/** Several hosts of one file: waves, stopping, taking back, groups, one table. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { groupsIn } from "../../src/fleet/inventory.ts";
import { membersOf } from "../../src/fleet/members.ts";
import { roll, wavesOf } from "../../src/fleet/rollout.ts";
import { canFleet, type Fleet, openFleet, password } from "../support/fleet.ts";
import type { Ran } from "../support/private-host.ts";

const binary = "/opt/greet/greet";

describe("waves", () => {
  test.each([
    [5, { canary: 1, wave: 2 }, ["a", "bc", "de"]],
    [5, { canary: 0, wave: 2 }, ["ab", "cd", "e"]],
    [5, { canary: 2, wave: 10 }, ["ab", "cde"]],
    [1, { canary: 1, wave: 10 }, ["a"]],
    [2, { canary: 3, wave: 1 }, ["a", "b"]],
  ])("of %d hosts with %j", (count, rollout, expected) => {
    expect(wavesOf([..."abcde"].slice(0, count), rollout).map((wave) => wave.join(""))).toEqual(expected);
  });

  test("stop once so many have failed, and tell what was not begun", async () => {
    const seen: string[] = [];
    const work = async (item: string) => {
      seen.push(item);
      return !"bd".includes(item);
    };
    const waves = [["a"], ["b", "c"], ["d"], ["e"]];
    expect(await roll(waves, work, 1)).toEqual(["d", "e"]);
    expect(seen).toEqual(["a", "b", "c"]);
    expect(await roll(waves, work, 2)).toEqual(["e"]);
    expect(await roll(waves, work, 3)).toEqual([]);
  });

  test("of a wave all are at work at once, and none of the next before they end", async () => {
    const events: string[] = [];
    await roll(
      [["a", "b"], ["c"]],
      async (item) => {
        events.push(`${item} begins`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        events.push(`${item} ends`);
        return true;
      },
      1,
    );
    expect(events).toEqual(["a begins", "b begins", "a ends", "b ends", "c begins", "c ends"]);
  });
});

describe("members", () => {
  test("are those of a list or of groups, each once, and only those that are meant", async () => {
    const names = async (...of: Parameters<typeof membersOf>) =>
      (await membersOf(...of)).map(({ name }) => name);
    expect(await names(["a", "b", "a"], "/f.yaml")).toEqual(["a", "b"]);
    const groups = { web: ["a", "b"], db: ["c", "a"] };
    expect(await names(groups, "/f.yaml")).toEqual(["a", "b", "c"]);
    expect(await names(groups, "/f.yaml", ["db"])).toEqual(["a", "c"]);
    expect(await names(groups, "/f.yaml", ["b", "db"])).toEqual(["a", "b", "c"]);
    await expect(names(groups, "/f.yaml", ["d"])).rejects.toMatchObject({
      exitCode: 2,
      findings: [{ code: "unknown-host", args: { name: "d", known: "web, db, a, b, c" } }],
    });
  });

  test("of an inventory are those of a group's children too, where Ansible would connect to them", () => {
    const groups = groupsIn({
      _meta: {
        hostvars: { a: { ansible_host: "10.0.0.1", ansible_user: "ann", ansible_port: 2222 }, b: {} },
      },
      all: { children: ["ungrouped", "site"] },
      site: { children: ["web", "site"] },
      web: { hosts: ["a", "b"] },
    });
    expect(groups.get("all")).toEqual([
      { name: "a", address: "ann@10.0.0.1:2222" },
      { name: "b", address: "b" },
    ]);
    expect(groups.get("web")).toEqual(groups.get("site"));
  });
});

describe.skipIf(!canFleet)("five hosts", { timeout: 240_000 }, () => {
  let fleet: Fleet;
  let file = "";
  beforeAll(async () => {
    fleet = await openFleet(5, "mkdir -p /opt/greet; cp /bin/echo /opt/greet/greet");
    file = join(fleet.folder, "polite.yaml");
  });
  afterAll(() => fleet?.close());
  const write = (more: object = {}, word = "please") =>
    writeFileSync(
      file,
      JSON.stringify({
        ...{ binary, keepName: "no", probe: ["--version"], always: { append: [word] } },
        ...{ hosts: { web: ["h1", "h2", "h3"], db: ["h4", "oper-h5"] }, ...more },
      }),
    );
  const answers = () => Promise.all(fleet.hosts.map((host) => host.shell(`${binary} a 2>&1 || :`)));
  const each = (text: string) => fleet.hosts.map(() => text);
  const outcomes = ({ stdout }: Ran) =>
    (JSON.parse(stdout).hosts as { outcome: string }[]).map(({ outcome }) => outcome);
  beforeEach(async () => {
    write();
    await Promise.all(
      fleet.hosts.map((host) =>
        host.shell("cp -n /bin/echo /opt/greet/greet; rm -f /opt/greet/greet-real.foreign"),
      ),
    );
    await fleet.interpose(["rollback", file, "--yes"]);
  });

  test("are changed in waves, verified, and done once", async () => {
    write({ rollout: { canary: 1, wave: 2 } });
    const ran = await fleet.interpose(["apply", file, "--yes"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toMatch(
      /^wave 1: h1\nwave 2: h2, h3\nwave 3: h4, oper-h5\nh1 +applied\n(h[23] +applied\n){2}/,
    );
    expect(await answers()).toEqual(each("a please\n"));
    const again = await fleet.interpose(["apply", file, "--yes", "--json"]);
    expect(outcomes(again)).toEqual(each("unchanged"));

    const table = await fleet.interpose(["status", file]);
    expect(table).toMatchObject({ status: 0 });
    expect(table.stdout).toMatch(/^h1 +intact +\d{4}-.*\n(.* +intact .*\n){4}$/);
    await fleet.hosts[2]?.shell("rm /opt/greet/greet");
    const broken = await fleet.interpose(["status", file, "--json"]);
    expect(broken.status).toBe(1);
    expect(
      JSON.parse(broken.stdout).map(({ host, state }: { host: string; state: string }) => `${host} ${state}`),
    ).toEqual([...["h1 intact", "h2 intact", "h3 broken", "h4 intact", "oper-h5 intact"]]);
    expect((await fleet.interpose(["repair", "polite", "--host", "h3", "--yes"])).status).toBe(1);
    await fleet.hosts[2]?.shell("ln -s /opt/greet/polite /opt/greet/greet");

    write({ rollout: { canary: 1, wave: 2 } }, "thanks");
    expect(outcomes(await fleet.interpose(["apply", file, "--yes", "--json"]))).toEqual(each("applied"));
    expect(await answers()).toEqual(each("a thanks\n"));
    expect(outcomes(await fleet.interpose(["rollback", file, "--yes", "--json"]))).toEqual(
      each("rolled back"),
    );
    expect(await answers()).toEqual(each("a\n"));
    expect(outcomes(await fleet.interpose(["rollback", file, "--yes", "--json"]))).toEqual(each("unchanged"));
  });

  test("are left alone after a failure, and the next run does what is left", async () => {
    write({ rollout: { canary: 1, wave: 1, stopAfter: 1 } });
    await fleet.hosts[1]?.shell("mv /opt/greet/greet /opt/greet/away");
    const ran = await fleet.interpose(["apply", file, "--yes", "--json"]);
    expect(ran.status).toBe(1);
    expect(outcomes(ran)).toEqual(["applied", "failed", "not begun", "not begun", "not begun"]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      stopped: true,
      hosts: { 1: { findings: [{ code: "binary-missing" }] } },
    });
    await fleet.hosts[1]?.shell("mv /opt/greet/away /opt/greet/greet");
    const next = await fleet.interpose(["apply", file, "--yes", "--json"]);
    expect(outcomes(next)).toEqual(["unchanged", "applied", "applied", "applied", "applied"]);
  });

  test("are given back after a failure, when that is asked for", async () => {
    write({ rollout: { canary: 0, wave: 2, stopAfter: 1 } });
    await fleet.hosts[3]?.shell("mv /opt/greet/greet /opt/greet/away");
    const ran = await fleet.interpose(["apply", file, "--yes", "--json", "--rollback-on-failure"]);
    expect(ran.status).toBe(1);
    expect(outcomes(ran)).toEqual(["taken back", "taken back", "taken back", "failed", "not begun"]);
    await fleet.hosts[3]?.shell("mv /opt/greet/away /opt/greet/greet");
    expect(await answers()).toEqual(each("a\n"));
  });

  test("stop where verify says no, and are given back too", async () => {
    write({ hosts: ["h1", "h2", "h3"], rollout: { canary: 1, wave: 1 } });
    // What verify tries there can't be run.
    await fleet.hosts[1]?.shell("mount -o remount,noexec /tmp");
    const ran = await fleet.interpose(["apply", file, "--yes", "--json"]);
    expect(ran.status).toBe(1);
    expect(outcomes(ran)).toEqual(["applied", "failed", "not begun"]);
    const codes = (from: Ran) =>
      JSON.parse(from.stdout).hosts[1].findings.map(({ code }: { code: string }) => code);
    expect(codes(ran)).toEqual(["verify-failed", "noexec"]);
    await fleet.interpose(["rollback", file, "--yes"]);
    const again = await fleet.interpose(["apply", file, "--yes", "--json", "--rollback-on-failure"]);
    await fleet.hosts[1]?.shell("mount -o remount,exec /tmp");
    expect(outcomes(again)).toEqual(["taken back", "taken back", "not begun"]);
    expect(again.status).toBe(1);
    expect(codes(again)).toEqual(["verify-failed", "noexec"]);
    expect(await answers()).toEqual(each("a\n"));
  });

  test("are said to be out of reach, with exit status 3", async () => {
    write({ hosts: ["h1", "nowhere.invalid"] });
    const ran = await fleet.interpose(["apply", file, "--yes"]);
    expect(ran.status).toBe(3);
    expect(ran.stdout).toMatch(
      /nowhere\.invalid +failed\n +nowhere\.invalid can't be reached: it has no address/,
    );
    const table = await fleet.interpose(["status", file]);
    expect(table.status).toBe(3);
    expect(table.stdout).toMatch(/nowhere\.invalid +unreachable/);
    write({ hosts: ["h1"] });
    await fleet.interpose(["rollback", file, "--yes"]);
  });

  test("are not changed when one of them is written wrong", async () => {
    write({ hosts: ["h1", "h2;id", "h3"], rollout: { canary: 0, wave: 3 } });
    const ran = await fleet.interpose(["apply", file, "--yes"]);
    expect(ran).toMatchObject({ status: 2, stderr: expect.stringContaining("h2;id is no name of a host") });
    expect(await answers()).toEqual(each("a\n"));
  });

  test("are not all meant by a limit that is empty, and a limit is for several", async () => {
    for (const limit of ["", "h1,", ",h1"])
      expect(await fleet.interpose(["apply", file, "--yes", "--limit", limit]), limit).toMatchObject({
        status: 2,
      });
    for (const words of [["apply", file, "--host", "h1"], ["rollback", "polite"], ["status"]])
      expect(await fleet.interpose([...words, "--limit", "h1"]), words.join(" ")).toMatchObject({
        status: 2,
      });
    expect(await answers()).toEqual(each("a\n"));
  });

  test("each get the password that was typed for them", async () => {
    await fleet.hosts[1]?.shell("echo 'careful:battery staple' | chpasswd");
    write({ hosts: ["careful-h1", "careful-h2"], sudo: "always", rollout: { canary: 0, wave: 2 } });
    const command = [process.execPath, inject("interpose"), "status", file]
      .map((word) => `'${word}'`)
      .join(" ");
    const given: Record<string, string> = { "careful-h1": password, "careful-h2": "battery staple" };
    const ran = await fleet.run(["script", "-qec", `stty cols 120 rows 40; exec ${command}`, "/dev/null"], {
      input: null,
      onStart: (child) => {
        let text = "";
        child.stdout?.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          const host = Object.keys(given).find((name) => text.includes(`Password for sudo on ${name}`));
          if (host === undefined) return;
          text = "";
          child.stdin?.write(`${given[host]}\r`);
          delete given[host];
        });
      },
    });
    expect(ran.stdout).toMatch(/careful-h1 +absent/);
    expect(ran.stdout).toMatch(/careful-h2 +absent/);
  });

  test("come from an inventory of Ansible's", async () => {
    const [one, two] = fleet.hosts;
    writeFileSync(
      join(fleet.folder, "hosts.ini"),
      `[web]\nfirst ansible_host=${one?.address} ansible_user=oper\n[db]\nsecond ansible_host=${two?.address} ansible_user=root ansible_port=22\n[site:children]\nweb\ndb\n`,
    );
    write({ hosts: { inventory: "hosts.ini", groups: ["site"] } });
    const ran = await fleet.interpose(["apply", file, "--yes"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^wave 1: (first|second)\nwave 2: (first|second)\n/);
    expect(await answers()).toEqual(["a please\n", "a please\n", "a\n", "a\n", "a\n"]);
    expect(outcomes(await fleet.interpose(["rollback", file, "--yes", "--json", "--limit", "db"]))).toEqual([
      "rolled back",
    ]);
    // By the names that the inventory has; one of them is that of this machine.
    await fleet.interpose(["apply", file, "--yes"]);
    expect(await fleet.interpose(["verify", file, "--host", "first"])).toMatchObject({ status: 0 });
    expect(await fleet.interpose(["rollback", file, "--yes"])).toMatchObject({ status: 0 });
    writeFileSync(
      join(fleet.folder, "own.ini"),
      `localhost ansible_host=${one?.address} ansible_user=root\n`,
    );
    write({ hosts: { inventory: "own.ini" } });
    expect(await fleet.interpose(["apply", file, "--yes"])).toMatchObject({ status: 0, stderr: "" });
    expect(await answers()).toEqual(["a please\n", "a\n", "a\n", "a\n", "a\n"]);
    await fleet.interpose(["rollback", file, "--yes"]);
    write({ hosts: { inventory: "no.ini" } });
    const missing = await fleet.interpose(["apply", file, "--yes", "--json"]);
    expect(missing).toMatchObject({ status: 1, stdout: expect.stringContaining('"inventory-unreadable"') });
    writeFileSync(join(fleet.folder, "empty.ini"), "[web]\n");
    write({ hosts: { inventory: "empty.ini" } });
    expect(await fleet.interpose(["apply", file, "--yes"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("No host is meant"),
    });
    write({ hosts: ["h1"] });
    await fleet.interpose(["rollback", file, "--yes"]);
  });

  test("are only those that the command line names", async () => {
    const ran = await fleet.interpose(["apply", file, "--yes", "--limit", "db"]);
    expect(ran.stdout).toMatch(/^wave 1: h4\nwave 2: oper-h5\n/);
    expect(await answers()).toEqual(["a\n", "a\n", "a\n", "a please\n", "a please\n"]);
    expect(await fleet.interpose(["apply", file, "--yes", "--limit", "h9"])).toMatchObject({ status: 2 });
    expect(await fleet.interpose(["verify", file])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--host HOST"),
    });
    expect(await fleet.interpose(["verify", file, "--host", "h4"])).toMatchObject({ status: 0 });
    expect(await fleet.interpose(["apply", file])).toMatchObject({ status: 2 });
  });
});
