/** Takes an interception that was made by hand under management, without a change for its callers. */
import { existsSync, rmSync } from "node:fs";
import { basename, resolve } from "node:path/posix";
import { writeAdoptedFile } from "../adopt/file.ts";
import { prepareAdoption } from "../adopt/prepare.ts";
import { type ExitCode, exitCodes, type Finding, failure, usageError } from "../finding/finding.ts";
import type { ByHand } from "../foreign/by-hand.ts";
import { describeStanding } from "../foreign/describe.ts";
import { standingAt } from "../foreign/standing.ts";
import type { Host } from "../host/host.ts";
import { factsOf, type HostFacts, look } from "../host/look.ts";
import { runPlan } from "../plan/run.ts";
import { loadSpec } from "../spec/load.ts";
import { byHandPath } from "../spec/spec.ts";
import { displayed } from "../wrapper/quote.ts";
import { findByName } from "./binary.ts";
import { confirmChange } from "./confirm.ts";
import type { HostOptions } from "./hosts.ts";
import { writeFile } from "./new-file.ts";
import { findingLines, type Output } from "./output.ts";
import type { CommandContext } from "./program.ts";
import { assertDone, progress, resultDocument } from "./steps.ts";

export interface AdoptOptions extends HostOptions {
  name?: string;
  wrapper?: string;
  output?: string;
  probe?: string[];
  yes?: boolean;
}

export async function adopt(
  { output, hosts }: CommandContext,
  nameOrPath: string,
  options: AdoptOptions,
): Promise<ExitCode> {
  const host = hosts.find(options);
  const { binary, found, facts } = await findParts(host, nameOrPath);
  const direct = found.script === binary;
  const name = options.name ?? basename(direct ? binary : found.script);
  const wrapper = options.wrapper ?? `${binary}-wrapper`;
  const script = direct ? byHandPath(binary) : found.script;
  const file = options.output ?? `${name}.yaml`;
  if (existsSync(file)) throw usageError({ code: "file-exists", args: { path: file } });
  const text = writeAdoptedFile({
    host: host.name,
    sudo: options.sudo,
    name,
    binary,
    wrapper,
    realSuffix: found.suffix,
    script,
    direct,
    probe: options.probe ?? [],
  });
  const loaded = loadSpec(Buffer.from(text), resolve(file));

  for (const [what, value] of rowsOf(binary, found, facts)) {
    output.line(`  ${output.paint.dim(what.padEnd(8))} ${displayed(value)}`);
  }
  const notes = notesOf(binary, found);
  for (const note of notes) for (const line of findingLines(note, output)) output.note(line);
  const plan = await prepareAdoption(loaded, host);
  if (!options.yes) showSteps(plan.steps, output);
  await confirmChange(`Take ${binary} on ${host.name} under management?`, {
    yes: options.yes ?? false,
    output,
  });
  writeFile(file, text);
  const result = await runPlan(host, plan, progress(plan, output));
  // Of what is taken back nothing is left.
  if (result.outcome === "undone" || result.outcome === "locked") rmSync(file, { force: true });
  assertDone(plan, result);
  output.line(
    `Done: calls of ${binary} go through ${wrapper}, then ${script} as before. Wrote ${displayed(file)}.`,
  );
  output.line(
    `Back to how it was by hand: interpose rollback ${name}${output.on}; to the real binary: with --bare.`,
  );
  const { real, realThere: _, suffix: __, ...rest } = found;
  output.document({ ...resultDocument(plan, true, notes), file, found: { binary, real, ...rest } });
  return exitCodes.done;
}

// ---

interface Parts {
  binary: string;
  found: ByHand;
  facts: HostFacts;
}

/** @throws InterposeError (exit 1) when there is no interception made by hand, or a part of it is lost */
async function findParts(host: Host, nameOrPath: string): Promise<Parts> {
  const binary = nameOrPath.includes("/") ? resolve(nameOrPath) : await findByName(host, nameOrPath);
  if (binary === undefined) throw failure({ code: "binary-missing", args: { path: nameOrPath } });
  const first = await look(host, { paths: [binary], standings: [binary] });
  const standing = standingAt(binary, first);
  const { kind } = factsOf(first, binary);
  if (kind === "none") throw failure({ code: "binary-missing", args: { path: binary } });
  if (standing.kind === "ours")
    throw failure({ code: "adopted-already", args: { path: binary, name: standing.name } });
  if (kind === "dangling") {
    throw failure({ code: "binary-dangling", args: { path: binary, link: factsOf(first, binary).link } });
  }
  if (standing.kind !== "by-hand") {
    const what =
      standing.kind === "none"
        ? "no script there names a real binary beside it"
        : `it is ${describeStanding(standing)}`;
    throw failure({ code: "not-by-hand", args: { path: binary, what } });
  }
  const { script, real } = standing;
  if (!standing.realThere) throw failure({ code: "by-hand-real-lost", args: { path: binary, script, real } });
  const facts = await look(host, { paths: [binary, script, real] });
  return { binary, found: standing, facts };
}

function rowsOf(binary: string, { script, real }: ByHand, facts: HostFacts): [string, string][] {
  const at = factsOf(facts, script);
  const target = factsOf(facts, real);
  const owner = at.id ? `, ${at.id.owner}, mode ${at.id.mode}, ${at.id.size} bytes` : "";
  return [
    [
      "callers",
      script === binary
        ? `${binary}, the script itself`
        : `${binary}, a link to ${factsOf(facts, binary).link}`,
    ],
    ["script", `${script}, ${at.firstLine}${owner}`],
    ["real", target.link === "" ? real : `${real}, a link to ${target.link}`],
  ];
}

/** What is taken as it is, though it can't all be good. */
function notesOf(binary: string, { script, real, execs, knowsItsName }: ByHand): Finding[] {
  const notes: Finding[] = [];
  if (!execs) notes.push({ code: "by-hand-no-exec", args: { script, real } });
  if (knowsItsName) notes.push({ code: "by-hand-knows-name", args: { script, path: binary } });
  return notes;
}

function showSteps(steps: { number: number; title: string }[], output: Output): void {
  for (const { number, title } of steps) output.line(`${number}. ${displayed(title)}`);
}
