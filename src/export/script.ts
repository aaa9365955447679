/**
 * A file -> one script that puts its interception in place on any host, verifies it and takes it away, with nothing
 * but a POSIX shell and coreutils. It decides there, as it runs, what `interpose apply` decides here. Pure.
 */
import { dirname } from "node:path/posix";
import { machineNames } from "../host/machine.ts";
import { othersFunctions, othersParts, placesOf, programsOf } from "../host/others.ts";
import askPart from "../host/parts/ask.sh?raw";
import filePart from "../host/parts/file.sh?raw";
import lookArchitecturePart from "../host/parts/look-architecture.sh?raw";
import lookSecurityPart from "../host/parts/look-security.sh?raw";
import readerPart from "../log/reader.sh?raw";
import { manifestOf, sha256 } from "../plan/apply.ts";
import actPart from "../plan/parts/act.sh?raw";
import reconcilePart from "../plan/parts/reconcile.sh?raw";
import repairSteps from "../plan/parts/repair-steps.sh?raw";
import { bashTextOf } from "../plan/prepare.ts";
import { probeArguments } from "../plan/render-sh.ts";
import { repairTitles, repairVariables } from "../plan/repair.ts";
import { changesCalls, environmentRoutesOf, usedFacts } from "../policy/policy.ts";
import type { Loaded } from "../spec/load.ts";
import { defaultLogDir, layoutOf, type Spec } from "../spec/spec.ts";
import { becauseAsked } from "../wrapper/choose.ts";
import { hereDocument } from "../wrapper/here-document.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import commandPart from "./parts/command.sh?raw";
import gatesPart from "./parts/gates.sh?raw";
import installPart from "./parts/install.sh?raw";
import uninstallPart from "./parts/uninstall.sh?raw";
import { machineFunction, type Sayable, titleFunction, wordsFunction } from "./words.ts";

export function renderExport(loaded: Loaded): string {
  const { spec, policy } = loaded;
  const layout = layoutOf(spec);
  const wrapper = bashTextOf(loaded);
  const asksMedia = usedFacts(policy).some(({ kind }) => kind === "mediaDuration");
  const written = hereDocument("\tcat", wrapper);
  const head = hereDocument("\tcat", manifestHead(spec));
  const paths = hereDocument(
    "\tcat",
    [...new Set(Object.values(layout))].map((path) => `${path}\n`).join(""),
  );
  return `${[
    "#!/bin/sh",
    `# Puts the interception ${displayed(spec.name)} in place, verifies it, and takes it away: calls of`,
    `# ${displayed(spec.binary)}`,
    "# go through a wrapper, which ends in exec of the real binary. Written by interpose, which it doesn't need.",
    "#",
    "#   sh FILE apply [--check]                    a second run changes nothing; --check only says what it would do",
    "#   sh FILE verify",
    "#   sh FILE rollback [--check] [--keep-logs]",
    "#",
    "# Exit status: 0 done; 1 something is wrong, and nothing is left half-done; 2 wrong usage; 3 the host can't be used,",
    "# or a privilege is missing. Everything is in functions: a script that arrives cut off does nothing.",
    "LC_ALL=C",
    "export LC_ALL",
    "",
    "fallback=previous",
    "planned_for=any",
    ...repairVariables(
      { ...spec, probe: spec.probe ?? [], ...(spec.log.none ? { logs: false } : {}) },
      layout,
      {
        environmentRoutes: environmentRoutesOf(policy),
        policyChanges: changesCalls(policy),
      },
    ),
    "# Whether the host has to tell which of the arguments the binary is run with.",
    `finds_probes=${spec.probe ? "no" : "yes"}`,
    "# SHA-256 of the wrapper's text.",
    `hash=${sha256(wrapper)}`,
    `accepted=${quote(spec.accept.join(" "))}`,
    "# Where each user's directory of logs is made.",
    `log_dir=${quote(spec.log.none ? defaultLogDir : spec.log.dir)}`,
    `needs_ffprobe=${asksMedia ? "yes" : "no"}`,
    "anew='' begun='' repaired='' former='' made=''",
    "",
    ...[readerPart, actPart, ...othersParts].flatMap((part) => [part.trimEnd(), ""]),
    ...othersFunctions(placesOf(layout), programsOf(layout)),
    "",
    ...[askPart, filePart, lookSecurityPart, lookArchitecturePart, reconcilePart, repairSteps].flatMap(
      (part) => [part.trimEnd(), ""],
    ),
    ...[gatesPart, installPart, uninstallPart, commandPart].flatMap((part) => [part.trimEnd(), ""]),
    ...probeArguments(spec.probe ?? expectable),
    "",
    ...titleFunction({ ...titles, ...repairTitles }),
    "",
    ...machineFunction(machineNames),
    "",
    ...wordsFunction(sayable(spec), plain(spec)),
    "",
    "# The manifest, up to what stood at the binary's path; the probes are still to be found where the host tells.",
    "manifest_of_file() {",
    head.head,
    head.document,
    "}",
    "",
    "paths_text() {",
    paths.head,
    paths.document,
    "}",
    "",
    "write_wrapper() {",
    written.head,
    written.document,
    "}",
    "",
    'main "$@"',
  ].join("\n")}\n`;
}

// ---

/** What a program can be expected to answer without doing anything; see `safe_probes`. */
const expectable = ["--version", "--help"];

/** Its lines before the original's. */
function manifestHead(spec: Spec): string {
  const text = JSON.stringify(
    manifestOf(
      { ...spec, probe: spec.probe ?? [] },
      {
        runtime: "bash",
        why: spec.runtime === "bash" ? becauseAsked : "an exported script runs on every machine",
      },
    ),
    null,
    2,
  );
  return `${text.slice(0, text.lastIndexOf("\n}"))},\n`;
}

const titles = {
  state: "Write down what is to be done",
  "apply-locate": "Locate the binary",
  "apply-take": "Keep the real binary under a second name",
  unguard: "Take the guard away",
  restore: "Give the binary's path back, in one rename",
  undivert: "Let upgrades of the package go to the binary's path again",
  quiesce: "Wait until no call is on its way through the wrapper",
  remove: "Remove what was added",
  logs: "Remove the logs that this user may remove",
};

/** What it can say, with what is known of it here. */
function sayable(spec: Spec): Record<string, Sayable> {
  const { name, binary: path, real, wrapper, realSuffix: suffix, source: file } = spec;
  const { nameFolder, target } = layoutOf(spec);
  const of = (known: Sayable["known"], ...later: string[]) => ({ known, later });
  const codes: { [code in Sayable["code"]]?: ReturnType<typeof of> } = {
    "binary-missing": of({ path }),
    "binary-loops": of({ path }, "link"),
    "binary-dangling": of({ path }, "link"),
    "binary-is-folder": of({ path }),
    "binary-is-special": of({ path }),
    "binary-not-executable": of({ path }, "mode"),
    noexec: of({}, "path", "folder"),
    "foreign-interception": of({ path, wrapper, real }),
    "binary-leads-to-real": of({ path, real }),
    "script-unusable": of({ path: target, real }),
    "is-alternative": of({ path }, "name", "target"),
    "is-shim": of({ path, name: path.slice(path.lastIndexOf("/") + 1) }, "manager"),
    "made-by-hand": of({ path }, "script", "real"),
    "real-taken": of({ path: real, suffix }),
    "wrapper-taken": of({ path: wrapper }),
    "name-folder-taken": of({ path: nameFolder }),
    "already-intercepted": of({}, "path", "name"),
    diverted: of({ path }, "by", "to"),
    "no-bash": of({}),
    "old-bash": of({}, "version"),
    "other-machine": of({ path }, "theirs", "ours"),
    "no-ffprobe": of({}),
    immutable: of({}, "path", "letter"),
    "folder-missing": of({ path: dirname(wrapper) }),
    "read-only": of({}, "path", "folder"),
    "folder-not-writable": of({}, "path", "user"),
    "hard-link-refused": of({ path }, "owner", "user"),
    "place-of-another": of({}, "path", "owner", "trusted", "mode", "word"),
    "other-owner": of({}, "path", "owner", "trusted", "mode", "word", "as"),
    "folder-for-all": of({}, "path", "mode", "owner"),
    "writable-by-all": of({}, "path", "mode", "owner", "word"),
    "writable-by-group": of({}, "path", "group", "mode", "owner", "word"),
    "group-has-members": of({}, "path", "group", "mode", "owner", "word", "members"),
    "writable-by-list": of({}, "path", "listed", "mode", "owner", "word"),
    "log-folder-taken": of({}, "path", "owner", "mode"),
    "log-folder-open": of({}, "path", "mode"),
    "log-dir-missing": of({ path: spec.log.dir }),
    "log-dir-unsafe": of({ dir: quote(spec.log.dir) }, "path", "who", "mode", "owner"),
    "log-dir-closed": of({}, "path", "mode", "word"),
    "apparmor-profile": of({ path }, "file", "line"),
    "state-untrusted": of({}, "path"),
    "manifest-unreadable": of({}, "folder"),
    moved: of({ name, binary: path, wrapper, real }),
    "adopted-there": of({ name }),
    "binary-overwritten": of({ path, name }),
    "wrapper-edited": of({ path: wrapper, name }, "state"),
    "real-changed": of({ path: real, name }),
    "binary-leads-back": of({ path, real, wrapper }),
    "real-lost": of({ binary: path, real, wrapper }),
    uninstalled: of({ path }),
    "removed-given-back": of({ path }),
    "binary-replaced": of({ path, real }),
    "real-kept": of({ path, real }),
    "wrapper-left": of({ path: wrapper }),
    "not-intercepted": of({ name }),
    locked: of({ name }, "pid"),
    "undo-failed": of({ name }, "title", "saw"),
    "cut-off": of({ name, said: "the shell ended early" }),
  };
  const repairs: Record<string, Sayable> = {
    "repair-wrapper-edited": { code: "wrapper-edited", known: { path: wrapper, name }, later: ["state"] },
    "repair-real-lost": { code: "real-lost", known: { binary: path, real, wrapper } },
    "repair-real-mode": { code: "real-mode", known: { path: real, mode: "without x" } },
    "repair-uninstalled": { code: "real-removed", known: { path, name } },
    "repair-binary-removed": { code: "binary-removed", known: { path, name } },
    "repair-binary-unusable": { code: "binary-unusable", known: { path } },
    "repair-leads-back": { code: "binary-leads-back", known: { path, real, wrapper } },
    "repair-unsettled": { code: "repair-unsettled", known: { path, name } },
    "repair-unfinished": { code: "run-cut-off", known: { run: "run", step: "start", name, file } },
  };
  const found = Object.entries(codes).map(([code, { known = {}, later }]): [string, Sayable] => [
    code,
    { code: code as Sayable["code"], known, later },
  ]);
  return { ...Object.fromEntries(found), ...repairs };
}

const plain = ({ name, binary, wrapper }: Spec): Record<string, string> => ({
  "done-apply": `Done: calls of ${binary} go through ${wrapper}.`,
  "nothing-apply": `Nothing to do: ${name} is in place, and its policy is the one of this script.`,
  "done-repair": `Done: calls of ${binary} go through the wrapper again.`,
  "done-rollback": `Done: ${name} is gone.`,
  "nothing-rollback": `Nothing to do: ${name} is not in place.`,
});
