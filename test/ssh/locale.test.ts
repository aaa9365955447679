/**
 * Hosts whose users log in with another encoding than UTF-8: what the tool says and does there, and what the wrapper
 * makes of calls, is what it is on a host without a locale, byte for byte.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileCallers } from "../support/callers.ts";
import { canFleet, type Fleet, openFleet } from "../support/fleet.ts";
import { listing } from "../support/listing.ts";
import { sharedFolder } from "../support/scratch.ts";

const locales = [
  { name: "none", charmap: "", sh: "dash", how: "" },
  { name: "de_DE", charmap: "ISO-8859-1", sh: "dash", how: "SetEnv LC_ALL=de_DE" },
  // Its characters have bytes that a shell would obey: \ | ` and digits.
  { name: "zh_CN.gb18030", charmap: "GB18030", sh: "bash", how: "SetEnv LC_ALL=zh_CN.gb18030" },
  // As the user's own ssh sends it.
  { name: "ja_JP.eucjp", charmap: "EUC-JP", sh: "/bin/busybox", how: "AcceptEnv LANG" },
] as const;

const folder = "/opt/greet/grüße 日本";
const binary = `${folder}/größe`;
const policy = `name: polite
binary: ${binary}
wrapper: ${folder}/höflich
arguments: { withValue: [--größe] }
facts: { weight: { fileSize: operand(0) } }
routes:
  - name: denied
    when: option("--größe") == "groß"
    deny: { exit: 77, message: nicht für dich 日本語 }
  - name: contains
    when: operand(0).contains("語") || operand(0).contains("\\\\")
    append: [--text, "süß 日本語", "\\\\|\`", "\\u00a0"]
  - name: long
    when: size(operand(0)) == 3
    set: { --größe: ü }
  - name: file
    when: weight > 0 && operand(0).startsWith("/opt/greet/gr")
    append: [file]
  - name: pass
    append: [grüß dich]
`;

/** Words of sh; the bytes as octal numbers. */
const calls = [
  "日本語",
  "éàü",
  "--größe groß",
  "--größe=groß",
  "'a\\b'",
  `'${binary}'`,
  "a ' b '",
  ...[
    // Two bytes of GB18030, of which the second is \; then with | and `, and four.
    ...["\\201\\134", "\\201\\174x", "\\201\\140", "\\201\\060\\201\\060"],
    // An ä of ISO-8859-1, half a character, one of EUC-JP, UTF-8 cut short before what a shell obeys.
    ...["\\344", "\\344\\344\\344", "\\216\\261", "\\350\\252", "x\\303\\042", "\\240", "\\205\\250"],
  ].map((bytes) => `"$(printf '${bytes}')"`),
];

test.runIf(process.env.CI)("hosts with locales of their own can be made", () => {
  expect(canFleet).toBe(true);
});

describe.skipIf(!canFleet)("a host whose users have another encoding", { timeout: 240_000 }, () => {
  let fleet: Fleet;
  const told: Record<string, string[]> = {};
  beforeAll(async () => {
    const lines = locales.map(({ name, charmap, sh, how }, index) => {
      const [language = ""] = name.split(".");
      // Those of which some characters aren't where ASCII has them are warned of.
      const make = charmap && `localedef --no-archive -i ${language} -f ${charmap} ${name} || [ $? = 1 ]`;
      return `*10.99.${index + 1}.2/*) ${make || ":"}; ln -sf ${sh} /usr/bin/sh; echo '${how}' >>/etc/ssh/sshd_config ;;`;
    });
    fleet = await openFleet(
      locales.length,
      `case $(ip -o -4 address show eth0) in\n${lines.join("\n")}\n*) exit 1 ;;\nesac`,
    );
    writeFileSync(join(fleet.folder, "config"), "\nHost *\n  SendEnv LANG\n", { flag: "a" });
    const { real } = compileCallers(sharedFolder());
    await Promise.all(
      locales.map(async ({ name }, index) => {
        told[name] = await tour(fleet, index, name, real);
      }),
    );
  }, 240_000);
  afterAll(() => fleet?.close());

  test("has a reference to be compared with", () => {
    expect(told.none?.join("\n")).toContain("nicht für dich 日本語");
    const ended = told.none?.flatMap((text) => /^[a-z]+: \d/.exec(text) ?? []);
    expect(ended?.filter((one) => !one.endsWith(": 0"))).toEqual(["status: 1"]);
    expect(ended?.length).toBeGreaterThan(15);
  });

  test.each(locales.slice(1))("$name: all is as with none", ({ name }) => {
    expect(told[name]).toEqual(told.none);
  });
});

// ---

/** Everything that is said and done there, without what tells the hosts apart. */
async function tour(fleet: Fleet, index: number, locale: string, real: string): Promise<string[]> {
  const host = fleet.hosts[index];
  if (!host) throw new RangeError(`no host ${index}`);
  const env = { LANG: locale === "ja_JP.eucjp" ? locale : "C.UTF-8" };
  const there = (command: string) => fleet.run(["ssh", host.name, command], { env });
  const charmap = (await there("locale charmap")).stdout.trim();
  expect(charmap).toBe(locales[index]?.charmap || "ANSI_X3.4-1968");

  copyFileSync(real, host.inside("/opt/real"));
  await host.shell(
    [`mkdir -p '${folder}'`, `cp /opt/real '${binary}'; chmod 755 '${binary}'; touch -d @0 '${binary}'`].join(
      "\n",
    ),
  );
  const place = () => listing(host.inside("/opt/greet"), { times: "content" }).replace(/ inode \d+/g, "");
  const said: string[] = [place()];
  const file = join(fleet.folder, `${host.name}.yaml`);
  writeFileSync(file, `host: ${host.name}\n${policy}`);
  const tool = async (...words: string[]) => {
    const { status, stdout, stderr } = await fleet.interpose(words, { env });
    const same = `${status}\n${stdout}\n${stderr}`
      .replaceAll(host.name, "HOST")
      // Device and inode, sizes of logs, times, PIDs.
      .replaceAll(
        /\b\d+:\d+\b|\b\d{4}-\d\d-\d\d [\d:.]+|\([\d.]+ [mµ]?s\)|"caller":\{[^}]*\}|"(time|pid|ppid|preflightUs)":[\d.]+/g,
        "N",
      )
      .replaceAll(/[0-9a-f]{64}|process \d+|(?<=\.old-)\d+/g, "N");
    said.push(`${words[0]}: ${same}`);
    return status;
  };
  const call = async (words: string) => {
    const ran = await there(
      `'${binary}' ${words} 2>&1 | od -An -v -tx1; '${binary}' ${words} >/dev/null 2>&1; echo $?`,
    );
    said.push(`${words}: ${ran.stdout}${ran.stderr}`);
  };

  await call("日本語");
  const made = join(fleet.folder, `${host.name}-made.yaml`);
  await tool(
    "init",
    "--host",
    host.name,
    "--binary",
    binary,
    "--wrapper-name",
    "polite",
    "--yes",
    "-o",
    made,
  );
  await tool("plan", file);
  await tool("apply", file, "--yes");
  await tool("apply", file, "--yes");
  await tool("verify", file);
  for (const words of calls) await call(words);
  for (const words of [["日本語"], ["--größe", "groß"], ["éàü"], [binary], ["a\\b"]])
    await tool("explain", file, "--", ...words);
  await tool("status", "--host", host.name);
  await tool("logs", file);
  await tool("logs", file, "--json");
  await tool("doctor", file);
  await tool("services", file);
  // An upgrade.
  await host.shell(
    `cp /bin/echo /opt/new; chmod 755 /opt/new; touch -d @1 /opt/new; mv /opt/new '${binary}'`,
  );
  await tool("status", file);
  await tool("repair", file, "--yes");
  await call("日本語");
  await tool("rollback", file, "--yes");
  await call("日本語");
  said.push(place());
  return said;
}
