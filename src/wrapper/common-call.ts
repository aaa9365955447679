import { type Policy, usedFacts } from "../policy/policy.ts";
import { routeRecords } from "./routes.ts";
import { passedWords, type Shape } from "./shape.ts";

/** Bytes of a record, at most, unless the policy wants it whole; a file takes that many in one piece. */
const recordLimit = 4096;

/** More words than this are not a common call. */
const manyWords = 64;

/**
 * The common call: few plain words, an environment as shells or services give it, a log that is there. It
 * is recorded and passed on without a detour. Bash changes PWD, OLDPWD, SHLVL and _ as it starts, so what
 * the caller gave is read from /proc.
 */
export function commonLines(policy: Policy, shape: Shape): string[] {
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
    `\t\t\t-O /proc/self/fd/3 && /proc/self/fd/3/.. -ef /tmp && ! -L /tmp/interpose-$UID &&`,
    `\t\t\t-f /proc/self/fd/3/${log} && -O /proc/self/fd/3/${log} && ! -L /proc/self/fd/3/${log} ]]; then`,
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
