/**
 * What every command says of an interception, on a machine of the test's own: they have to agree, and their advice,
 * run as it is printed, has to cure what it is given for.
 */
import { expect, inject } from "vitest";
import { type OverlayHost, overlayHost } from "./overlay-host.ts";

export interface Told {
  /** The word of `status`. */
  state: string;
  /** Problems that `status`, and those that `doctor` finds. */
  status: string[];
  doctor: string[];
  /** What the script that a guard runs says that it found, and whether it would do something. */
  repair: string;
  repairs: boolean;
  /** Whether `plan` has nothing to do; or the codes of what is in its way. */
  plan: "nothing" | "steps" | string[];
}

export interface Account extends OverlayHost {
  told(): Promise<Told>;
  /** The commands that doctor prints, in their order. */
  advice(): Promise<string[]>;
  /** Runs the commands of doctor's advice as they are printed. @throws when one fails */
  follow(): Promise<string[]>;
  /** Expects that all say that all is well, and that the guard's script has nothing to do. */
  healthy(): Promise<void>;
  /** Runs the tool, which has to succeed. */
  tool(...words: string[]): Promise<string>;
}

const file = "/opt/small.yaml";

/** @param lines of the file `/opt/small.yaml`, of the interception `small` */
export async function account(...lines: string[]): Promise<Account> {
  const host = await overlayHost();
  const text = ["name: small", ...lines].map((line) => `'${line.replaceAll("'", "'\\''")}'`).join(" ");
  await host.shell(
    [
      `printf '%s\\n' ${text} >${file}`,
      `printf '#!/bin/sh\\nexec "%s" "%s" "$@"\\n' '${process.execPath}' '${inject("interpose")}' >/usr/local/bin/interpose`,
      "chmod 755 /usr/local/bin/interpose",
    ].join("\n"),
  );
  const tool = async (...words: string[]) => {
    const { status, stdout, stderr } = await host.interpose(...words);
    expect(status, `${words.join(" ")}: ${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  const advice = async () => {
    const { stdout } = await host.interpose("doctor", "small");
    return [...stdout.matchAll(/^ {6}\$ (.*)$/gm)].map(([, command = ""]) => command);
  };
  const told = () => tell(host);
  return {
    ...host,
    ...{ tool, told, advice },
    async follow() {
      const commands = await advice();
      expect(commands, "doctor says what to run").not.toEqual([]);
      for (const command of commands) await host.shell(command);
      return commands;
    },
    async healthy() {
      expect(await told()).toEqual({
        ...{ state: "intact", status: [], doctor: [] },
        ...{ repair: "intact", repairs: false, plan: "nothing" },
      });
      await host.shell("sh /var/lib/interpose/small/repair.sh guard");
    },
  };
}

// ---

interface Said {
  findings: { code: string; severity: string }[];
}

async function tell(host: OverlayHost): Promise<Told> {
  const [status, doctor, plan, look] = [
    await host.interpose("status", "small", "--json"),
    await host.interpose("doctor", "small", "--json"),
    await host.interpose("plan", file, "--json"),
    await host.run("sh /var/lib/interpose/small/repair.sh look"),
  ];
  const problems = ({ findings }: Said) =>
    findings.filter(({ severity }) => severity === "problem").map(({ code }) => code);
  const [one] = JSON.parse(status.stdout) as (Said & { state: string })[];
  const planned = JSON.parse(plan.stdout) as Partial<Said> & { steps?: unknown[]; notes?: unknown };
  const found = problems(JSON.parse(doctor.stdout));
  if (!one) throw new Error(`status says nothing: ${status.stderr}`);
  expect(doctor.status, doctor.stdout).toBe(found.length > 0 ? 1 : 0);
  expect(status.status, status.stdout).toBe(one.state === "intact" ? 0 : 1);
  const events = look.stdout.split("\n").map((line) => line.split("\u001f"));
  return {
    ...{ state: one.state, status: problems(one), doctor: found },
    repair: events.find(([kind]) => kind === "situation")?.[2] ?? `none: ${look.stderr}`,
    repairs: events.some(([kind]) => kind === "planned"),
    plan: planned.findings ? problems(planned as Said) : planned.steps?.length === 0 ? "nothing" : "steps",
  };
}
