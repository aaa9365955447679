/** Everything that the tool does on this machine, it does on one that ssh reaches. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canFleet, type Fleet, type FleetHost, openFleet } from "../support/fleet.ts";
import { listing } from "../support/listing.ts";

const binary = "/opt/greet/greet";
const shells = {
  dash: ":",
  "busybox's ash": "ln -sf /bin/busybox /usr/bin/sh",
  bash: "ln -sf bash /usr/bin/sh",
};
const places = ["/opt/greet", "/tmp", "/var/lib/interpose", "/home"];

describe.skipIf(!canFleet)("a host that ssh reaches", { timeout: 120_000 }, () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await openFleet(Object.keys(shells).length);
  });
  afterAll(() => fleet.close());

  const cases = Object.entries(shells).flatMap(([shell, prepare], index) => [
    { shell, prepare, index, login: "root" },
    { shell, prepare, index, login: "oper" },
  ]);
  test.each(cases)("whose sh is $shell, as $login: from init to rollback", async ({
    prepare,
    index,
    login,
  }) => {
    const host = hostAt(fleet, index);
    const alias = login === "root" ? host.name : `${login}-${host.name}`;
    await host.shell(
      `${prepare}\nmkdir -p /opt/greet; printf '#!/bin/sh\\necho "$0" "$@"\\n' >${binary}; chmod 755 ${binary}; touch -d @0 ${binary}`,
    );
    const before = await listingOf(host);
    const file = join(fleet.folder, `${alias}.yaml`);

    const made = await fleet.interpose([
      ...["init", "--host", alias, "--binary", binary, "--wrapper-name", "polite", "--yes", "-o", file],
    ]);
    expect(made).toMatchObject({ status: 0, stderr: "" });
    expect(readFileSync(file, "utf8")).toContain(`host: ${alias}\n`);
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(/^routes:[\s\S]*$/m, "always: { append: [please] }\n"),
    );

    const planned = await fleet.interpose(["plan", file, "--json"]);
    expect(planned).toMatchObject({ status: 0, stderr: "" });
    expect(await listingOf(host)).toBe(before);
    const applied = await fleet.interpose(["apply", file, "--yes"]);
    expect(applied).toMatchObject({ status: 0, stderr: "" });
    expect((await fleet.interpose(["apply", file, "--yes"])).stdout).toMatch(/^Nothing to do/);

    expect((await fleet.run(["ssh", alias, `${binary} a 'b  c'`])).stdout).toMatch(
      /greet\S* a b {2}c please\n$/,
    );
    const explained = await fleet.interpose(["explain", file, "--json", "--", "x"]);
    expect(JSON.parse(explained.stdout)).toMatchObject({ argv: ["x", "please"] });
    expect(await fleet.interpose(["verify", file])).toMatchObject({ status: 0, stderr: "" });
    const status = await fleet.interpose(["status", "--host", alias, "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject([
      { name: "polite", host: alias, state: "intact", findings: [] },
    ]);
    const logged = await fleet.interpose(["logs", "polite", "--host", alias, "--json"]);
    expect(
      logged.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).argv),
    ).toContainEqual(["a", "b  c"]);
    expect(await fleet.interpose(["doctor", "polite", "--host", alias])).toMatchObject({ status: 0 });

    // An upgrade, and its repair.
    await host.shell(
      `printf '#!/bin/sh\\necho new "$@"\\n' >/tmp/new; chmod 755 /tmp/new; mv /tmp/new ${binary}`,
    );
    expect(await fleet.interpose(["status", "--host", alias])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining(`: interpose repair polite --host ${alias}.`),
    });
    // What doctor advises goes to that host, as it stands there.
    const { stdout: advice } = await fleet.interpose(["doctor", "polite", "--host", alias]);
    const [, words = ""] = /\$ interpose (.*)$/m.exec(advice) ?? [];
    expect(words).toBe(`repair polite --host ${alias} --yes`);
    expect(await fleet.interpose(words.split(" "))).toMatchObject({ status: 0 });
    expect(await host.shell(`${binary} y`)).toBe("new y please\n");
    expect(await fleet.interpose(["rollback", "polite", "--host", alias, "--yes"])).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect(await host.shell(`${binary} y`)).toBe("new y\n");
    await host.shell(`printf '#!/bin/sh\\necho "$0" "$@"\\n' >${binary}; touch -d @0 ${binary}`);
    expect(await listingOf(host)).toBe(before);
  });

  test("is connected to once by a command, and asked three times at most", async () => {
    const host = hostAt(fleet, 0);
    await host.shell(`mkdir -p /opt/greet; cp /bin/echo ${binary}`);
    const file = join(fleet.folder, "trips.yaml");
    writeFileSync(file, JSON.stringify({ host: "oper-h1", binary, always: { append: ["please"] } }));
    for (const [words, most] of [
      [["init", "--host", "oper-h1", "--binary", binary, "--yes", "-o", join(fleet.folder, "new.yaml")], 3],
      [["plan", file], 1],
      [["apply", file, "--yes"], 2],
      [["apply", file, "--yes"], 1],
      [["verify", file], 3],
      [["explain", file, "--", "a"], 1],
      [["status", "--host", "oper-h1"], 1],
      [["status", "--all", "--host", "oper-h1"], 1],
      [["doctor", file], 3],
      [["logs", file], 3],
      [["repair", file, "--yes"], 3],
      [["guard", "install", file, "--yes"], 3],
      [["guard", "remove", file, "--yes"], 3],
      [["prune", file, "--yes"], 2],
      [["rollback", file, "--yes"], 2],
    ] as [string[], number][]) {
      const relay = join(fleet.folder, "trips");
      writeFileSync(relay, "");
      const ran = await fleet.interpose(words, { env: { TEST_RELAY: relay } });
      expect(ran, words.join(" ")).toMatchObject({ status: 0 });
      const seen = readFileSync(relay, "utf8");
      expect(seen.match(/connect/g), words.join(" ")).toHaveLength(1);
      const trips = seen.match(/(up)+/g)?.length ?? 0;
      expect(trips, words.join(" ")).toBeLessThanOrEqual(most);
    }
  });
});

// ---

function hostAt(fleet: Fleet, index: number): FleetHost {
  const host = fleet.hosts[index];
  if (!host) throw new RangeError(`no host ${index}`);
  return host;
}

const listingOf = async (host: FleetHost): Promise<string> =>
  places
    .filter((place) => existsSync(host.inside(place)))
    .map((place) => listing(host.inside(place), { times: "content", without: [] }))
    .join("\n")
    .replace(/ inode \d+/g, "");
