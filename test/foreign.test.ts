/** What stands at a path, from facts alone; with the programs that put it there in e2e/foreign.test.ts. */
import { describe, expect, test } from "vitest";
import { byHandAt } from "../src/foreign/by-hand.ts";
import { parseDiversions, parseStanding, type StandingFacts } from "../src/foreign/facts.ts";
import { standingAt } from "../src/foreign/standing.ts";
import { parseFacts } from "../src/host/read-facts.ts";

const path = "/usr/local/bin/tool";

/** A script behind a link, with a real binary beside the path. */
function facts(text: string, { beside = ["-real"], owned = [], ...rest }: Facts = {}): StandingFacts {
  return {
    ...{ path, link: "tool-smart", resolved: "/usr/local/bin/tool-smart", programs: [] },
    text: `#!/bin/bash\n${text}\n`,
    beside: beside.map((suffix) => ({
      path: path + suffix,
      executable: true,
      resolved: suffix === "-smart" ? "/usr/local/bin/tool-smart" : path + suffix,
    })),
    owned,
    ...rest,
  };
}

interface Facts extends Omit<Partial<StandingFacts>, "beside"> {
  beside?: string[];
}

const standing = { link: "", resolved: path };

describe("an interception made by hand is", () => {
  test.each([
    ["a path that is written out", `exec ${path}-real "$@"`, {}, "-real"],
    ["a name beside the script", 'exec "$(dirname "$0")/tool-real" "$@"', {}, "-real"],
    ["another ending", `exec ${path}.orig "$@"`, { beside: [".orig", ".conf"] }, ".orig"],
    ["an ending of one's own, behind a link", `exec ${path}-v2.1 "$@"`, { beside: ["-v2.1"] }, "-v2.1"],
    ["a variable with an ending", `B=${path}\nexec "$B-real" "$@"`, {}, "-real"],
    ["a variable in braces", `B=${path}\nexec \${B}.bin "$@"`, { beside: [".bin"] }, ".bin"],
    ["the script at the path itself", `exec ${path}-real "$@"`, standing, "-real"],
    ["without exec", `${path}-real "$@"`, {}, "-real"],
    [
      "the one that is run, of several",
      `echo tool-orig\nexec ${path}-real "$@"`,
      { beside: ["-orig", "-real"] },
      "-real",
    ],
    ["one that is lost", `exec ${path}-real "$@"`, { beside: [] }, "-real"],
  ] as [string, string, Facts, string][])("%s", (_, text, more, suffix) => {
    expect(byHandAt(facts(text, more))).toMatchObject({ suffix, real: path + suffix });
  });

  test.each([
    ["a program that is no script", "", { text: "" }],
    ["a script that names nothing beside it", 'exec /usr/bin/python3 "$@"', {}],
    ["a name in a comment", `# ${path}-real\nexec /bin/true`, {}],
    ["a longer word", `exec ${path}-realistic`, {}],
    ["the same name elsewhere", "exec /opt/other/tool-real", { beside: [] }],
    [
      "a package's launcher",
      `exec ${path}.bin "$@"`,
      { ...standing, beside: [".bin"], owned: [path, `${path}.bin`] },
    ],
    [
      "a launcher as packages had it before /usr was merged",
      "exec /bin/x.bin",
      {
        ...{ path: "/usr/bin/x", link: "", resolved: "/usr/bin/x", owned: ["/bin/x"], beside: [] },
      },
    ],
    [
      "a script that uses a helper beside it",
      `exec ${path}-helper "$@"`,
      { ...standing, beside: ["-helper"] },
    ],
    ["a link to the very script", `exec ${path}-smart`, { beside: ["-smart"] }],
  ] as [string, string, Facts][])("not %s", (_, text, more) => {
    expect(byHandAt({ ...facts(text, more), ...(more.text === "" ? { text: "" } : {}) })).toBeUndefined();
  });

  test("seen with what may be wrong with it", () => {
    expect(byHandAt(facts(`${path}-real "$@"`))).toMatchObject({ execs: false, knowsItsName: false });
    expect(byHandAt(facts('exec "$0-real" "$@"'))).toMatchObject({ execs: true, knowsItsName: true });
    expect(byHandAt(facts(`exec ${path}-real`, { beside: [] }))).toMatchObject({ realThere: false });
    expect(byHandAt(facts(`exec ${path}-real`))?.script).toBe("/usr/local/bin/tool-smart");
  });
});

describe("what is told apart otherwise", () => {
  const host = parseFacts("end\0");
  if (!host) throw new Error("facts were expected");
  const at = (more: Facts, diverted = "") => {
    const found = { ...facts("", { beside: [] }), ...more } as StandingFacts;
    const standings = new Map([[found.path, found]]);
    return standingAt(found.path, {
      ...host,
      standings,
      merged: ["bin", "sbin"],
      diverted: parseDiversions(diverted),
    });
  };

  test.each([
    [
      { link: "/etc/alternatives/tool", resolved: "/usr/bin/tool2" },
      { kind: "alternative", name: "tool", target: "/usr/bin/tool2" },
    ],
    [{ link: "../../../etc/alternatives/tool" }, { kind: "alternative", name: "tool" }],
    [
      { link: "../lib/x", resolved: "/usr/lib/node_modules/@a/b/cli.js" },
      { kind: "npm", package: "@a/b" },
    ],
    [
      { link: "../lib/x", resolved: "/usr/lib/node_modules/b/bin/cli.js" },
      { kind: "npm", package: "b" },
    ],
    [
      {
        link: "",
        text: '#!/bin/sh\nbasedir=$(dirname "$0")\nexec node "$basedir/../lib/node_modules/b/cli.js" "$@"\n',
      },
      { kind: "npm", package: "b" },
    ],
    [
      { link: "", text: '#!/bin/sh\nexec "/x/libexec/rbenv" exec "$program" "$@"\n' },
      { kind: "shim", manager: "rbenv" },
    ],
    [
      { link: "", text: '#!/bin/sh\nexec /x/asdf exec "tool" "$@" # asdf_allow: tool\n' },
      { kind: "shim", manager: "asdf" },
    ],
    [
      { link: "/usr/bin/mise", resolved: "/usr/bin/mise" },
      { kind: "shim", manager: "mise" },
    ],
    [
      { link: "volta-shim", resolved: "/root/.volta/bin/volta-shim" },
      { kind: "shim", manager: "volta" },
    ],
    [{ link: "", text: "" }, { kind: "none" }],
  ] as [Facts, object][])("%j", (more, expected) => {
    expect(at(more)).toMatchObject(expected);
  });

  test("a diversion, also where /sbin is a link into /usr, and by hand", () => {
    const list = "/sbin/halt\n/lib/molly-guard/halt\nmolly-guard\n/usr/bin/x\n/usr/bin/x.distrib\n:\n";
    const found = (where: string) => at({ path: where, link: "", text: "" }, list);
    const expected = { kind: "diverted", by: "molly-guard", to: "/lib/molly-guard/halt" };
    expect(found("/usr/sbin/halt")).toEqual(expected);
    expect(found("/sbin/halt")).toEqual(expected);
    expect(found("/usr/bin/x")).toEqual({ kind: "diverted", by: "", to: "/usr/bin/x.distrib" });
    expect(found("/usr/bin/halt")).toEqual({ kind: "none" });
  });

  test("who owns what, without the lines about diversions", () => {
    const printed = [
      "diversion by dash from: /bin/sh\ndiversion by dash to: /bin/sh.distrib\na, b:amd64: /usr/bin/x\nlocal diversion from: /usr/bin/y",
    ];
    const fields = ["/p", "", "/p", "#!", "0", ...printed, "0"];
    expect(parseStanding(() => fields.shift() ?? "").owned).toEqual(["/usr/bin/x"]);
  });
});
