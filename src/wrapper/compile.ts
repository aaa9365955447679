/**
 * Policy and paths -> the wrapper's text. Pure: the same input gives the same bytes.
 *
 * The text has two halves. Bash reads a script as it runs it, so what follows the first `exec` costs
 * nothing to the calls that never get there: the half above it is short and serves the common call, the
 * half below holds what only some calls need.
 */
import {
  allEdits,
  type Edits,
  factsIn,
  needsOf,
  type Policy,
  type Route,
  usedFacts,
} from "../policy/policy.ts";
import type { Layout } from "../spec/spec.ts";
import {
  callerVariable,
  factFunction,
  factVariable,
  failsSurely,
  givenByBash,
  holds,
  measures,
  textWord,
  type Variables,
} from "./condition.ts";
import { headerLines } from "./header.ts";
import { lintLines } from "./lint.ts";
import changeOptions from "./parts/change-options.bash?raw";
import fileSize from "./parts/file-size.bash?raw";
import json from "./parts/json.bash?raw";
import mediaDuration from "./parts/media-duration.bash?raw";
import noteFact from "./parts/note-fact.bash?raw";
import recordPart from "./parts/record.bash?raw";
import redact from "./parts/redact.bash?raw";
import sizeOf from "./parts/size-of.bash?raw";
import { quote, quoteAll } from "./quote.ts";
import { needsScan, scanLines, variablesFor } from "./scan.ts";

export interface WrapperInput {
  policy: Policy;
  layout: Layout;
  /** Whether the real binary may run under its old name, through the link in the layout's folder. */
  keepName: boolean;
  /** The file that the policy came from, for people. */
  source: string;
}

/**
 * `run` is the wrapper. The other two are the same text with another last step: `explain` prints the
 * decision (fields ended by NUL: route, facts as JSON members, deny status, deny message, number of errors,
 * errors, words), and neither runs nor logs anything; `silent` runs the real binary and logs nothing.
 */
export type LastStep = "run" | "explain" | "silent";

export function compileWrapper(input: WrapperInput, lastStep: LastStep = "run"): string {
  const { policy, layout } = input;
  const needs = needsOf(policy);
  const variables = variablesFor(needs);
  const shape = shapeOf(policy);
  const scanned = needsScan(needs);

  const sections: string[][] = [
    headerLines(input),
    startLines(policy, shape),
    scanned ? scanLines(needs, policy.withValue, variables) : [],
    factLines(policy, variables),
    decisionLines(policy, shape, variables),
    editLines(policy, shape),
  ];
  if (lastStep === "explain") {
    sections.push(explainLines(shape));
  } else {
    sections.push(targetLines(input, shape));
    if (lastStep === "run") sections.push(commonLines(policy, shape));
    if (shape.denies) sections.push(denyLines());
    if (lastStep === "run") sections.push(rareLines(policy, shape));
    if (shape.denies) sections.push(['if [[ $__denied ]]; then exit "$__denied"; fi']);
    sections.push(lastLines(input, shape));
  }
  sections.splice(1, 0, lintLines(policy, layout));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

// ---

/** What a policy uses, and so what the wrapper has to carry. */
interface Shape {
  routes: boolean;
  denies: boolean;
  prepends: boolean;
  appends: boolean;
  changes: boolean;
  facts: boolean;
  redacts: boolean;
  setsLocale: boolean;
}

function shapeOf(policy: Policy): Shape {
  const edits = allEdits(policy);
  const some = (test: (edit: Edits) => boolean) => edits.some(test);
  const sets = some((edit) => edit.set.length > 0);
  return {
    routes: policy.routes.length > 0,
    denies: policy.routes.some((route) => route.action.kind === "deny"),
    prepends: some((edit) => edit.prepend.length > 0),
    appends: sets || some((edit) => edit.append.length > 0),
    changes: sets || some((edit) => edit.remove.length > 0),
    facts: usedFacts(policy).length > 0,
    redacts: policy.log.redact.length > 0,
    setsLocale: some((edit) => edit.env.some(({ name }) => name === "LC_ALL")),
  };
}

/** The words that the real binary gets. */
const passedWords = (shape: Shape): string =>
  `${shape.prepends ? '"${__prepend[@]}" ' : ""}"$@"${shape.appends ? ' "${__append[@]}"' : ""}`;

const part = (text: string): string[] => text.trimEnd().split("\n");
const indented = (lines: string[]): string[] => lines.map((line) => (line === "" ? line : `\t${line}`));

function startLines(policy: Policy, shape: Shape): string[] {
  const facts = usedFacts(policy).map(({ name }) => factVariable(name));
  const functions =
    shape.facts || shape.changes || policy.routes.some((route) => route.when && measures(route.when));
  const asked = needsOf(policy).variables.filter((name) => givenByBash.includes(name));
  return [
    "__last=$_ __began=${EPOCHREALTIME-} __invoked=$1 __locale=${LC_ALL+x$LC_ALL} __changed='' __caller='' __log='' __logged=''",
    ...(shape.appends || shape.changes ? ["unset -v __received"] : []),
    "shift",
    "shopt -s execfail",
    "set +eu",
    "LC_ALL=C",
    // A function that it ends half-way takes the words along.
    ...(functions ? ["if [[ -v FUNCNEST ]]; then unset -v FUNCNEST __began; fi"] : []),
    ...(facts.length > 0 ? [`unset -v ${facts.join(" ")}`, "__facts='' __errors=()"] : []),
    ...asked.flatMap((name) => [
      `${callerVariable(name)}=''`,
      `if [[ \${${name}@a} == *x* ]]; then ${callerVariable(name)}=$${name}; fi`,
    ]),
    ...(shape.appends && !needsScan(needsOf(policy)) ? ["__terminator=0"] : []),
  ];
}

function factLines(policy: Policy, variables: Variables): string[] {
  const facts = usedFacts(policy);
  if (facts.length === 0) return [];
  const kinds = new Set(facts.map((fact) => fact.kind));
  const lines: string[] = [];
  if (kinds.has("mediaDuration")) lines.push(...part(mediaDuration), "");
  if (kinds.has("fileSize")) lines.push(...part(fileSize), "");
  lines.push(...part(noteFact));
  for (const { name, kind, of } of facts) {
    const variable = factVariable(name);
    const ask = kind === "mediaDuration" ? "__media_duration" : "__file_size";
    lines.push(
      "",
      `# ${factFunction(name)}: finds out \`${name}\` once; fails when it can't be had.`,
      `${factFunction(name)}() {`,
      `\tif [[ ! -v ${variable} ]]; then`,
      `\t\t__answer=''`,
      `\t\t${ask} ${textWord(of, variables)}`,
      `\t\t${variable}=$__answer`,
      `\t\t__note_fact ${name}`,
      "\tfi",
      `\t[[ $${variable} ]]`,
      "}",
    );
  }
  if (policy.routes.some((route) => route.when && measures(route.when))) lines.push("", ...part(sizeOf));
  return lines;
}

/** What a route leaves behind for the steps after it. */
function routeAssignments(route: Route | undefined, policy: Policy, shape: Shape): string[] {
  const name = route ? [`__route=${quote(route.name)}`] : [];
  if (route?.action.kind === "deny") {
    return [...name, `__denied=${route.action.exit}`, `__message=${quote(route.action.message)}`];
  }
  const own = route?.action.kind === "pass" ? route.action.edits : undefined;
  const { always } = policy;
  const prepend = [...always.prepend, ...(own?.prepend ?? [])];
  const append = [...(own?.append ?? []), ...always.append];
  const set = new Map([...(own?.set ?? []), ...always.set].map(({ name: key, value }) => [key, value]));
  const remove = [...new Set([...(own?.remove ?? []), ...always.remove])];
  const lines = [...name];
  if (prepend.length > 0)
    lines.push(`__prepend=(${quoteAll(prepend)})`, `__prepended=${quote(jsonMembers(prepend))}`);
  if (append.length > 0)
    lines.push(`__append=(${quoteAll(append)})`, `__appended=${quote(jsonMembers(append))}`);
  if (shape.changes && set.size > 0) lines.push(`__set=(${quoteAll([...set].flat())})`);
  if (shape.changes && remove.length > 0) lines.push(`__remove=(${quoteAll(remove)})`);
  return lines;
}

const jsonMembers = (words: string[]): string => words.map((word) => `,${JSON.stringify(word)}`).join("");

function decisionLines(policy: Policy, shape: Shape, variables: Variables): string[] {
  const lines: string[] = [];
  const empty: string[] = [];
  if (shape.denies) empty.push("__denied=''");
  if (shape.prepends) empty.push("__prepend=()", "__prepended=''");
  if (shape.appends) empty.push("__append=()", "__appended=''");
  if (shape.changes) empty.push("__set=()", "__remove=()");
  if (empty.length > 0) lines.push(empty.join(" "));
  if (!shape.routes) return [...lines, ...routeAssignments(undefined, policy, shape)];

  const measured = !shape.facts && policy.routes.some((route) => route.when && measures(route.when));
  const helper = measured ? [...part(sizeOf), ""] : [];
  const fallback = policy.routes.find((route) => route.name === policy.onError);
  lines.unshift("# The routes: the first one that holds is taken.");
  policy.routes.forEach((route, index) => {
    const word = index === 0 ? "if" : "elif";
    const assignments = indented(routeAssignments(route, policy, shape));
    if (!route.when) {
      if (index === 0) lines.push(...routeAssignments(route, policy, shape));
      else lines.push("else", ...assignments);
      return;
    }
    lines.push(`${word} ${holds(route.when, variables)}; then`, ...assignments);
    if (fallback && factsIn(route.when).length > 0) {
      lines.push(
        `elif [[ \${#__errors[@]} -gt 0 ]] && ! { ${failsSurely(route.when, variables)}; }; then`,
        ...indented(routeAssignments(fallback, policy, shape)),
      );
    }
  });
  if (policy.routes.some((route) => route.when)) lines.push("fi");
  return [...helper, ...lines];
}

/** From here on the words are those that the real binary gets, but for __prepend and __append. */
function editLines(policy: Policy, shape: Shape): string[] {
  if (!shape.appends && !shape.changes) return [];
  const lines: string[] = [];
  if (shape.changes) {
    lines.push(
      ...part(changeOptions),
      "",
      "# __takes_value NAME: whether the word after that option is its value.",
      "__takes_value() {",
      "\tcase $1 in",
      `\t${policy.withValue.map(quote).join(" | ") || "''"}) return 0 ;;`,
      "\tesac",
      "\treturn 1",
      "}",
      "",
      "if [[ ${#__set[@]} -gt 0 || ${#__remove[@]} -gt 0 ]]; then",
      '\t__received=("$@") __changed=1',
      '\t__change_options "$@"',
      '\tset -- "${__words[@]}"',
      "fi",
    );
  }
  if (shape.appends) {
    lines.push(
      ...(shape.changes ? [""] : ["# What is appended goes before the end of the options."]),
      "if ((__terminator)); then",
      '\tif [[ ! $__changed ]]; then __received=("$@") __changed=1; fi',
      '\tset -- "${@:1:__terminator-1}" "${__append[@]}" "${@:__terminator}"',
      "\t__append=()",
      "fi",
    );
  }
  return lines;
}

/** Which file is the real binary, and the edits of the environment. */
function targetLines({ policy, layout, keepName }: WrapperInput, shape: Shape): string[] {
  const named = quote(layout.namedReal);
  return [
    ...environmentEdits(policy, shape),
    `__real=${quote(layout.real)}`,
    ...(keepName ? [`if [[ -x ${named} ]]; then`, `\t__real=${named}`] : []),
    `${keepName ? "elif" : "if"} [[ ! -e $__real && ! $__invoked -ef ${quote(layout.wrapper)} ]]; then`,
    "\t# It is just being given back.",
    "\t__real=$__invoked",
    "fi",
  ];
}

function environmentEdits(policy: Policy, shape: Shape): string[] {
  const always = policy.always.env;
  const commands = (env: Edits["env"]): string[] => {
    const merged = [...new Map(env.map(({ name, value }) => [name, value]))];
    return merged.map(([name, value]) => {
      if (name === "LC_ALL") return value === null ? "__locale=''" : `__locale=${quote(`x${value}`)}`;
      return value === null ? `unset -v ${name}` : `export ${name}=${quote(value)}`;
    });
  };
  const branches = policy.routes.flatMap((route) => {
    if (route.action.kind === "deny" || route.action.edits.env.length === 0) return [];
    return [`${quote(route.name)})`, ...indented(commands([...route.action.edits.env, ...always])), "\t;;"];
  });
  const locale = shape.setsLocale
    ? ["if [[ $__locale ]]; then export LC_ALL; else declare +x LC_ALL; fi"]
    : [];
  if (branches.length === 0) return always.length === 0 ? [] : [...commands(always), ...locale];
  const rest = always.length === 0 ? [] : ["*)", ...indented(commands(always)), "\t;;"];
  return ["case $__route in", ...branches, ...rest, "esac", ...locale];
}

/** Bytes of a record, at most, unless the policy wants it whole; a file takes that many in one piece. */
const recordLimit = 4096;

/**
 * The common call: few plain words, an environment as shells or services give it, a log that is there. It
 * is recorded and passed on without a detour. Bash changes PWD, OLDPWD, SHLVL and _ as it starts, so what
 * the caller gave is read from /proc.
 */
function commonLines(policy: Policy, shape: Shape): string[] {
  const log = `${policy.name}.log`;
  const longest = Math.max(0, ...routeRecords(policy, shape));
  const fixed = 420 + 2 * policy.name.length + longest + 200 * usedFacts(policy).length;
  const room = Math.floor((recordLimit - fixed) / 2) - 4 * manyWords;
  if (shape.redacts || room < 64) return [];

  const plain = [
    `$# -lt ${manyWords} && $__began && ! $__changed`,
    ...(shape.denies ? ["! $__denied"] : []),
    ...(shape.facts ? ["${#__errors[@]} -eq 0"] : []),
  ];
  const members = [
    '"v":1,"time":%s',
    `"wrapper":"${policy.name}"`,
    '"pid":%s,"ppid":%s,"uid":%s,"caller":{"comm":"%s"},"cwd":"%s","argv":[%s],"argc":%s,"execArgv":[%s]',
    `"route":${shape.routes ? '"%s"' : "null"}`,
    `"facts":{${shape.facts ? "%s" : ""}},"errors":[],"preflightUs":%s`,
  ];
  const execArgv = `${shape.prepends ? "$__prepended" : ""}$__list${shape.appends ? "$__appended" : ""}`;
  const values = [
    '"$__began" $$ $PPID $UID "$__caller" "$PWD" "${__list:1}" $#',
    `"\${__exec:1}"`,
    ...(shape.routes ? ['"$__route"'] : []),
    ...(shape.facts ? ['"${__facts:1}"'] : []),
    "$((${EPOCHREALTIME/./} - ${__began/./}))",
  ];
  return [
    "# The common call: few and plain words, an environment that bash left alone or that lacks what bash",
    "# adds, and a log that is there and this user's own. Everything else is below.",
    "{",
    "\tmapfile -d '' __environ",
    "\tIFS=$'\\36'",
    '\tread -r __caller <"/proc/$PPID/comm"',
    "\t__given=$IFS${__environ[*]}$IFS",
    "\tcase $__given in",
    "\t*PS[124]=* | *IFS=* | *OPTIND=* | *OPTERR=*) __changed=1 ;;",
    '\t*"${IFS}PWD=$PWD$IFS"*)',
    "\t\tif [[ $SHLVL == 1 || $__last == @(|/bin/bash) ]]; then __changed=1; fi",
    '\t\tif [[ ! -v OLDPWD && $__given == *"$IFS"OLDPWD=* ]]; then __changed=1; fi',
    "\t\t;;",
    '\t*"$IFS"PWD=* | *"$IFS"OLDPWD=* | *"$IFS"SHLVL=* | *"$IFS"_=*) __changed=1 ;;',
    "\t*) if [[ $SHLVL == 1 && $__last == /bin/bash ]]; then __last=''; else __changed=1; fi ;;",
    "\tesac",
    "\tIFS=' '",
    `\tif [[ ${plain.join(" && ")} ]] && __plain=$*$PWD$__caller __list='' &&`,
    `\t\t[[ \${#__plain} -lt ${room} && $__plain != *[!\\ !#-[\\]-~]* &&`,
    `\t\t\t-O /proc/self/fd/3 && ! -L /tmp/interpose-$UID && -f /proc/self/fd/3/${log} ]]; then`,
    '\t\tif (($#)); then printf -v __list \',"%s"\' "$@"; fi',
    `\t\t__exec=${execArgv}`,
    "\t\ttrap '' XFSZ",
    `\t\tprintf '{${members.join(",")}}\\n' \\`,
    `\t\t\t${values.join(" ")} \\`,
    `\t\t\t>>/proc/self/fd/3/${log}`,
    "\t\ttrap - XFSZ",
    "\t\t__logged=1",
    "\t\tif [[ $__locale ]]; then LC_ALL=${__locale:1}; fi",
    "\tfi",
    '} 2>/dev/null <"/proc/$$/environ" 3<"/tmp/interpose-$UID/."',
    "if [[ $__logged ]]; then",
    `\tif [[ $__last ]]; then _=$__last exec -a "$__invoked" "$__real" ${passedWords(shape)}; fi`,
    "\tdeclare +x PWD",
    "\tunset -v SHLVL",
    "\t# Exec exports SHLVL, but can't export an array.",
    "\tSHLVL=()",
    `\texec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "fi",
  ];
}

/** More words than this are not a common call. */
const manyWords = 64;

/** Lengths of what each route adds to a record. */
function routeRecords(policy: Policy, shape: Shape): number[] {
  const routes = policy.routes.length > 0 ? policy.routes : [undefined];
  return routes.map((route) => routeAssignments(route, policy, shape).join("").length);
}

/** The environment as the caller gave it, whatever it was; then the real binary. */
function passLines(shape: Shape): string[] {
  return [
    "{",
    "\tif mapfile -d '' __environ <\"/proc/$$/environ\"; then",
    "\t\tdeclare +x PWD",
    "\t\t__last='' __level=''",
    '\t\tfor __word in "${__environ[@]}"; do',
    "\t\t\tcase $__word in",
    '\t\t\tPWD=* | OLDPWD=* | FUNCNEST=* | PS[124]=* | IFS=* | OPTIND=* | OPTERR=*) declare -x "$__word" ;;',
    "\t\t\tSHLVL=*) __level=1 ;;",
    "\t\t\t_=*) __last=$__word ;;",
    "\t\t\tesac",
    "\t\tdone",
    "\t\tif [[ ! $__level ]]; then",
    "\t\t\tunset -v SHLVL",
    "\t\t\t# Exec exports SHLVL, but can't export an array.",
    "\t\t\tSHLVL=()",
    "\t\tfi",
    "\tfi",
    "\tif [[ $__locale ]]; then LC_ALL=${__locale:1}; fi",
    "} 2>/dev/null",
    "if [[ $__last ]]; then",
    `\t_=\${__last#_=} exec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "else",
    `\texec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "fi",
    "__status=$?",
  ];
}

/** What only some calls need: words with quotes or other alphabets, many words, a first call, a refusal. */
function rareLines(policy: Policy, shape: Shape): string[] {
  const settings = [
    `__name=${quote(policy.name)}`,
    `__route_json=${shape.routes ? '\\"$__route\\"' : "null"}`,
    `__full=${policy.log.full ? "1" : "''"}`,
    "__not_utf8='' __around='' __passed=()",
    ...(shape.prepends ? [] : ["__prepend=() __prepended=''"]),
    ...(shape.appends ? [] : ["__append=() __appended=''"]),
    ...(shape.denies ? [] : ["__denied=''"]),
    ...(shape.facts ? [] : ["__facts='' __errors=()"]),
  ];
  const passed = `\${__received[@]}`;
  const counts: string[] = [];
  if (shape.prepends) counts.push("${#__prepend[@]}");
  counts.push("$#");
  if (shape.appends) counts.push("${#__append[@]}");
  const first = policy.log.full ? '"$@"' : `"\${@:1:${mostWords}}"`;
  const gather = [
    `__received=(${first}) __argc=$#`,
    ...(shape.redacts
      ? [
          `__passed=(${shape.prepends ? '"${__prepend[@]}" ' : ""}"${passed}"${shape.appends ? ' "${__append[@]}"' : ""})`,
        ]
      : ["__around=1"]),
  ];
  const changed = [
    "__argc=${#__received[@]}",
    `__passed=(${shape.prepends ? '"${__prepend[@]}" ' : ""}${first}${shape.appends ? ' "${__append[@]}"' : ""})`,
    ...(policy.log.full ? [] : [`__received=("\${__received[@]:0:${mostWords}}")`]),
  ];
  const changes = shape.appends || shape.changes;
  return [
    "# Below is what only some calls need. Bash reads on from here only for them.",
    "",
    ...part(json),
    "",
    ...(shape.redacts ? [...part(redact), ""] : []),
    ...part(recordPart),
    "",
    settings.join(" "),
    "unset -v FUNCNEST",
    "{",
    '\tmapfile -t __caller <"/proc/$PPID/comm"',
    ...(changes
      ? [
          "\tif [[ ${__received+x} ]]; then",
          ...indented(indented(changed)),
          "\telse",
          ...indented(indented(gather)),
          "\tfi",
        ]
      : indented(gather)),
    counts.length === 1 ? "\t__exec_argc=$#" : `\t__exec_argc=$((${counts.join(" + ")}))`,
    ...(shape.redacts
      ? [
          `\t__secret=(${quoteAll(policy.log.redact)})`,
          '\t__redact "${__received[@]}"',
          '\t__received=("${__words[@]}")',
          '\t__redact "${__passed[@]}"',
          '\t__passed=("${__words[@]}")',
        ]
      : []),
    "\t# Bash gives up where it can't fork. What was decided is done all the same.",
    ...(shape.denies
      ? [
          "\tif [[ $__denied ]]; then",
          `\t\ttrap 'exit "$__denied"' EXIT`,
          "\telse",
          `\t\ttrap 'exec -a "$__invoked" "$__real" ${passedWords(shape)}' EXIT`,
          "\tfi",
        ]
      : [`\ttrap 'exec -a "$__invoked" "$__real" ${passedWords(shape)}' EXIT`]),
    "\tif [[ ! $__logged ]]; then __record; fi",
    "\ttrap - EXIT",
    "\tif [[ $__log ]]; then exec {__log}<&-; fi",
    "} 2>/dev/null",
  ];
}

/** Words that a record keeps at most, unless the policy wants them all. */
const mostWords = 256;

function denyLines(): string[] {
  return [
    "# A refusal: one line for the caller, and the status that the policy names.",
    "if [[ $__denied ]]; then",
    "\ttrap '' PIPE",
    "\tprintf '%s\\n' \"$__message\" >&2",
    "fi",
  ];
}

function explainLines(shape: Shape): string[] {
  return [
    "# Instead of the last step: the decision.",
    `printf '%s\\0' ${shape.routes ? '"$__route"' : "''"} ${shape.facts ? '"${__facts:1}"' : "''"} ${
      shape.denies ? '"$__denied" "${__message-}"' : "'' ''"
    } ${shape.facts ? '${#__errors[@]} "${__errors[@]}"' : "0"} ${passedWords(shape)}`,
  ];
}

function lastLines({ layout, keepName }: WrapperInput, shape: Shape): string[] {
  const real = quote(layout.real);
  return [
    ...passLines(shape),
    "",
    "# Only when it could not be run: while the interception is being changed or taken away, it is still, or again,",
    "# to be had by another path.",
    ...(keepName
      ? [
          `if [[ $__real != ${real} && ! -e $__real && -e ${real} ]]; then`,
          `\texec -a "$__invoked" ${real} ${passedWords(shape)}`,
          "fi",
        ]
      : []),
    `if [[ ! -e ${real} && ! $__invoked -ef ${quote(layout.wrapper)} ]]; then`,
    `\tif [[ $__invoked != */* ]]; then __invoked=./$__invoked; fi`,
    `\texec -a "$__invoked" "$__invoked" ${passedWords(shape)}`,
    "fi",
    'exit "$__status"',
  ];
}
