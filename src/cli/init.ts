/** Asks the runbook's questions, each answer checked against the host, and writes a commented file. */
import { basename, dirname, join } from "node:path/posix";
import {
  type ExitCode,
  exitCodes,
  type Finding,
  failure,
  InterposeError,
  usageError,
} from "../finding/finding.ts";
import { inWords } from "../finding/words.ts";
import type { Host } from "../host/host.ts";
import { factsOf, type HostFacts, look } from "../host/look.ts";
import { checkHost, pathsOf } from "../plan/check.ts";
import { loadSpec } from "../spec/load.ts";
import { layoutOf, withDefaults } from "../spec/spec.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import { describeBinary, findByName } from "./binary.ts";
import type { HostOptions } from "./hosts.ts";
import { writeFile, writeSpecFile } from "./new-file.ts";
import type { CommandContext } from "./program.ts";
import { findRecipe } from "./recipes.ts";

export interface InitOptions extends HostOptions {
  binary?: string;
  wrapperName?: string;
  wrapperDir?: string;
  realSuffix?: string;
  recipe?: string;
  output?: string;
  yes?: boolean;
}

interface Question {
  message: string;
  given: string | undefined;
  initial: string;
  /** What is wrong with an answer; nothing when it can be used. May remember what it found. */
  check: (answer: string) => Promise<Finding | undefined>;
}

export async function init({ output, hosts }: CommandContext, options: InitOptions): Promise<ExitCode> {
  const interactive =
    !options.yes && !output.json && process.stdin.isTTY === true && process.stdout.isTTY === true;
  if (!interactive && !options.yes) throw usageError({ code: "needs-yes", args: {} });
  const ask = (question: Question) => answer(question, interactive);
  const recipe = options.recipe === undefined ? undefined : findRecipe(options.recipe);

  let host: Host | undefined;
  const hostName = await ask({
    message: "On which host is the binary?",
    given: options.host,
    initial: "localhost",
    check: async (value) => {
      host = hosts.find({ ...options, host: value });
      // Who can't be asked again learns it with the first thing that is asked of the host.
      if (interactive) await look(host);
      return undefined;
    },
  });
  const on = host ?? hosts.find({ ...options, host: hostName });

  let binary = "";
  let facts: HostFacts | undefined;
  const nameFor = (path: string) => options.wrapperName ?? options.recipe ?? `${basename(path)}-wrapper`;
  const placeFor = (path: string) => dirname(withDefaults({ binary: path }, "new.yaml").wrapper);
  /** What the answers are when the defaults are taken, so that all is looked at together. */
  const answersFor = (path: string) => ({
    binary: path,
    wrapper: join(options.wrapperDir ?? placeFor(path), nameFor(path)),
    realSuffix: options.realSuffix ?? "-real",
  });
  await ask({
    message: "Which binary is to be intercepted (a name or a path)?",
    given: options.binary,
    initial: recipe?.binary ?? "",
    check: async (value) => {
      if (value === "") return { code: "missing-key", args: { key: "binary" } };
      const path = value.includes("/") ? value : await findByName(on, value);
      if (path === undefined) return { code: "binary-missing", args: { path: value } };
      const paths = pathsOf(layoutOf(withDefaults(answersFor(path), "new.yaml")));
      facts = await look(on, { paths: [path, ...paths], packages: [path], standings: [path] });
      binary = path;
      const kind = factsOf(facts, path).kind;
      return kind === "file" ? undefined : checkPlaces({ binary }, facts)[0];
    },
  });
  if (facts) {
    for (const [name, value] of await describeBinary(on, factsOf(facts, binary), facts)) {
      output.line(`  ${output.paint.dim(name.padEnd(8))} ${displayed(value)}`);
    }
  }

  const name = await ask({
    message: "What is the wrapper to be named?",
    given: options.wrapperName,
    initial: nameFor(binary),
    check: async (value) => problemIn({ name: value, binary }),
  });
  const folder = await ask({
    message: "In which folder is it to be?",
    given: options.wrapperDir,
    initial: placeFor(binary),
    check: async (value) => {
      const wrapper = join(value, name);
      return problemIn({ name, binary, wrapper }) ?? (await checkOn(on, { name, binary, wrapper }, facts));
    },
  });
  const wrapper = join(folder, name);
  const realSuffix = await ask({
    message: "What is to be added to the name of the real binary?",
    given: options.realSuffix,
    initial: "-real",
    check: async (value) => {
      const answers = { name, binary, wrapper, realSuffix: value };
      return problemIn(answers) ?? (await checkOn(on, answers, facts));
    },
  });

  const file = options.output ?? `${name}.yaml`;
  const text = writeSpecFile({
    host: hostName,
    sudo: options.sudo,
    name,
    binary,
    wrapper,
    realSuffix,
    recipe: recipe?.text,
  });
  loadSpec(Buffer.from(text), file);
  writeFile(file, text);
  output.line(`Wrote ${displayed(file)}.`);
  output.line(`Next: interpose plan ${quote(file)}, then: interpose apply ${quote(file)}`);
  output.document({
    file,
    host: hostName,
    name,
    binary,
    wrapper,
    realSuffix,
    recipe: options.recipe ?? null,
  });
  return exitCodes.done;
}

// ---

interface Answers {
  name?: string;
  binary: string;
  wrapper?: string;
  realSuffix?: string;
}

/** What the reader of files would say about these answers. */
function problemIn(answers: Answers): Finding | undefined {
  try {
    loadSpec(Buffer.from(JSON.stringify(answers)), "answers.yaml");
    return undefined;
  } catch (error) {
    if (!(error instanceof InterposeError)) throw error;
    const { place: _, ...finding } = error.findings[0] ?? { code: "needs-yes", args: {} };
    return finding;
  }
}

/**
 * What the host says about these answers; a missing privilege is not one of them, as `apply` may be run by another.
 * @param seen facts that are at hand; they do when they have all the paths
 */
async function checkOn(
  host: Host,
  answers: Answers,
  seen: HostFacts | undefined,
): Promise<Finding | undefined> {
  const paths = pathsOf(layoutOf(withDefaults(answers, `${answers.name}.yaml`)));
  const known = seen !== undefined && paths.every((path) => seen.paths.has(path));
  return checkPlaces(answers, known ? seen : await look(host, { paths }))[0];
}

function checkPlaces(answers: Answers, facts: HostFacts): Finding[] {
  const spec = withDefaults(answers, `${answers.name ?? "new"}.yaml`);
  const known = new Map(facts.paths);
  for (const path of pathsOf(layoutOf(spec))) {
    if (known.has(path)) continue;
    known.set(path, {
      ...{
        path,
        kind: "none",
        id: undefined,
        link: "",
        resolved: "",
        sha256: "",
        firstLine: "",
        executable: false,
      },
      attributes: "",
    });
  }
  const { findings, exitCode } = checkHost(spec, { ...facts, paths: known }, undefined, {
    ffprobe: false,
    bash: false,
  });
  return exitCode === exitCodes.unreachable ? [] : findings;
}

async function answer({ message, given, initial, check }: Question, interactive: boolean): Promise<string> {
  if (given !== undefined || !interactive) {
    const value = given ?? initial;
    const problem = await check(value);
    if (problem) throw problem.code === "missing-key" ? usageError(problem) : failure(problem);
    return value;
  }
  const { text, isCancel, log } = await import("@clack/prompts");
  for (;;) {
    const value = await text({ message, initialValue: initial });
    if (isCancel(value)) throw failure({ code: "not-confirmed", args: {} });
    const problem = await check(value).catch((error: unknown) => {
      if (error instanceof InterposeError && error.findings[0]) return error.findings[0];
      throw error;
    });
    if (!problem) return value;
    const { what, todo } = inWords(problem);
    log.error(displayed(`${what} ${todo}`));
  }
}
