/** What can happen to the files of an interception: what every command says of it, and what its advice makes of it. */
import { describe, expect, test } from "vitest";
import { type Account, account, type Told } from "../support/account.ts";
import { canOverlay } from "../support/overlay-host.ts";

/** The program that is intercepted, one that comes later, and what tells both. */
const old = "/usr/bin/printenv";
const fresh = "#!/bin/sh\\n# the newer one\\necho newer\\n";

async function intercepted(): Promise<Account> {
  const host = await account(
    "binary: /opt/bin/tool",
    "routes: [{ name: pass }]",
    "probe: []",
    "keepName: yes",
  );
  await host.shell(
    `mkdir /opt/bin; cp ${old} /opt/bin/tool; printf '${fresh}' >/opt/new; chmod 755 /opt/bin /opt/bin/tool /opt/new`,
  );
  await host.tool("apply", "/opt/small.yaml", "--yes");
  await host.healthy();
  return host;
}

interface State {
  told: Partial<Told>;
  /** What a person does first, where the advice leaves that to them. */
  person?: string;
  /** Whether that is all. */
  alone?: true;
  /** Which of the two programs runs in the end. */
  runs?: "older" | "newer";
}

const by = (code: string, rest: Partial<Told> = {}): Partial<Told> => ({
  ...{ status: [code], doctor: [code], plan: [code] },
  ...rest,
});
const overwritten = { state: "overwritten" } as const;
const broken = { state: "broken" } as const;
const [repairs, refuses] = [{ repairs: true }, { repairs: false }];

const states: [string, State][] = [
  ["rm small", { told: by("chain-broken", { ...broken, ...repairs }) }],
  ["rm tool", { told: by("binary-removed", { ...broken, ...refuses }) }],
  [
    "rm tool-real",
    { told: by("chain-broken", { ...broken, ...refuses }), person: `cp ${old} tool-real`, alone: true },
  ],
  ["mv ../new tool", { told: by("binary-overwritten", { ...overwritten, ...repairs }), runs: "newer" }],
  ["cp ../new tool", { told: by("wrapper-written-through", { ...overwritten, ...repairs }), runs: "newer" }],
  ["mv ../new small", { told: by("wrapper-written-through", { ...overwritten, ...repairs }), runs: "newer" }],
  ["ln -sf tool-real tool", { told: by("binary-given-back", { ...overwritten, ...repairs }) }],
  ["ln -sfn /opt/bin/tool-real tool", { told: by("binary-given-back", { ...overwritten, ...repairs }) }],
  ["mv -T tool-real tool", { told: by("binary-given-back", { ...overwritten, ...repairs, plan: "steps" }) }],
  [
    "rm tool; ln tool-real tool",
    { told: by("binary-given-back", { ...overwritten, ...repairs, plan: "steps" }) },
  ],
  [
    "ln -s tool-real between; ln -sf between tool",
    { told: by("binary-leads-back", { ...overwritten, ...refuses }) },
  ],
  [
    "rm tool; mkdir tool",
    { told: by("binary-unusable", { ...overwritten, ...refuses }), person: "rmdir tool" },
  ],
  [
    "ln -sfn /nowhere tool",
    { told: by("binary-unusable", { ...overwritten, ...refuses }), person: "rm tool" },
  ],
  [
    "chmod 644 ../new; mv ../new tool",
    { told: by("repair-unsettled", overwritten), person: "chmod 755 tool", runs: "newer" },
  ],
  [
    "chmod 644 ../new; mv ../new small",
    { told: by("repair-unsettled", broken), person: "chmod 755 small", runs: "newer" },
  ],
  [
    "rm tool-real; ln -s small tool-real",
    {
      told: by("chain-broken", { ...broken, ...refuses }),
      person: `rm tool-real; cp ${old} tool-real`,
      alone: true,
    },
  ],
  [
    "chmod 644 ../new; mv ../new tool-real",
    { told: by("real-mode", { ...broken, ...refuses }), runs: "newer", alone: true },
  ],
  [
    "mv ../new tool; rm small",
    {
      told: {
        ...{ status: ["binary-overwritten", "chain-broken"], doctor: ["binary-overwritten", "chain-broken"] },
        ...{ ...overwritten, ...repairs },
      },
      runs: "newer",
    },
  ],
  [
    "mv ../new tool; echo '# more' >>small",
    {
      told: {
        ...{
          status: ["binary-overwritten", "wrapper-edited"],
          plan: ["binary-overwritten", "wrapper-edited"],
        },
        ...{ ...overwritten, ...refuses },
      },
      runs: "newer",
    },
  ],
  [
    "mv ../new tool; rm tool-real",
    { told: by("binary-overwritten", { ...overwritten, ...repairs }), runs: "newer" },
  ],
  ["echo '# more' >>small", { told: by("wrapper-edited", { ...broken, ...refuses }) }],
  ["rm small; mkdir small", { told: by("wrapper-unusable", { ...broken, ...refuses }) }],
  [
    "rm small tool-real",
    {
      told: { status: ["chain-broken", "chain-broken"], ...broken, ...refuses },
      alone: true,
      person: `cp ${old} tool-real`,
    },
  ],
  ["rm tool; cp -a small tool", { told: by("binary-overwritten", { ...overwritten, ...repairs }) }],
  [
    "rm tool; cp -a small tool; echo '# more' >>tool",
    { told: by("binary-leads-back", { ...overwritten, ...refuses }) },
  ],
  // As the real binary it would run itself for ever.
  [
    `rm tool; printf '#!/bin/sh\\nexec /opt/bin/tool-real "$@"\\n' >tool; chmod 755 tool`,
    { told: by("other-interception", { ...overwritten, ...refuses }) },
  ],
  [
    `rm tool; printf '#!/bin/sh\\nexec "$0-real" "$@"\\n' >tool; chmod 755 tool`,
    { told: by("other-interception", { ...overwritten, ...refuses }) },
  ],
  [
    "rm -r .small.name",
    { told: { status: ["chain-broken"], doctor: ["chain-broken"], ...broken, ...repairs } },
  ],
];

describe.skipIf(!canOverlay)("an interception", { timeout: 600_000 }, () => {
  test.each(states)("after %s", async (trouble, { told, person, alone, runs = "older" }) => {
    const host = await intercepted();
    await host.shell(`cd /opt/bin\n${trouble}`);
    expect(await host.told()).toMatchObject(told);

    // What is refused is refused for the reason that is told.
    if (told.repairs === false) {
      const refused = await host.interpose("repair", "small", "--yes", "--json");
      const { findings } = JSON.parse(refused.stdout) as { findings: { code: string }[] };
      expect(findings.map(({ code }) => code)).toEqual(told.status);
      expect(refused.status).toBe(1);
    }
    if (person) await host.shell(`cd /opt/bin\n${person}`);
    // One thing after the other, as they are told.
    for (let turn = 0; turn < 3 && (await host.told()).state !== "intact"; turn++) await host.follow();
    if (alone) await host.tool("repair", "small", "--yes");
    expect(await host.shell("cd /; HOME=/root; export HOME; /opt/bin/tool HOME")).toBe(
      runs === "older" ? "/root\n" : "newer\n",
    );
    await host.healthy();
    // Nothing that ran before, and nothing that somebody brought, is lost.
    if (!trouble.includes("rm tool-real") && !/(small|new) tool-real/.test(trouble))
      await host.shell(
        `cd /opt/bin; for file in tool*; do if cmp -s $file ${old}; then exit 0; fi; done; exit 1`,
      );
    if (trouble.includes("../new")) await host.shell("cd /opt/bin; grep -q 'the newer one' tool*");
  });
});
