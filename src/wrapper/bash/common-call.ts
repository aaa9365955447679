import { type Policy, usedFacts } from "../../policy/policy.ts";
import { routeRecords } from "./routes.ts";
import { passedWords, type Shape } from "./shape.ts";

/** Bytes of a record, at most, unless the policy wants it whole; a file takes that many in one piece. */
const recordLimit = 4096;

/** More words than this are not a common call. */
const manyWords = 64;

/** What a record keeps of the parent's command line: so many words, and so many bytes of JSON. */
export const parentWords = 12;
export const parentRoom = 512;

/**
 * The common call: few plain words, an environment as shells or services give it, a log that is there. It
 * is recorded and passed on without a detour. Bash changes PWD, OLDPWD, SHLVL and _ as it starts, so what
 * the caller gave is read from /proc.
 *
 * What this costs was counted for each line. Most of it is bash reading the text, so it is short; then come
 * new pages of memory, which is why one compound command doesn't hold all of it; then system calls. Bash
 * keeps a copy of each descriptor that a group takes over, unless it was closed: 2 is closed, which keeps
 * bash silent, and then serves for a file that is only read, on which nothing can be said either.
 */
export function commonLines(policy: Policy, shape: Shape): string[] {
  const log = `$__here/${policy.name}.log`;
  const longest = Math.max(0, ...routeRecords(policy, shape));
  const fixed = 595 + parentRoom + 2 * policy.name.length + longest + 200 * usedFacts(policy).length;
  const room = Math.floor((recordLimit - fixed) / 2) - 4 * manyWords;
  if (shape.redacts || room < 64) return [];

  const few = [
    `! $__common && $# -lt ${manyWords} && $__began && -x $__real`,
    ...(shape.appends ? ["$__terminator == 0"] : []),
    ...(shape.changes ? ["${#__set[@]}${#__remove[@]} == 00"] : []),
    ...(shape.denies ? ["! $__denied"] : []),
    ...(shape.facts ? ["${#__errors[@]} -eq 0"] : []),
  ];
  const members = [
    '"v":1,"time":%s',
    `"wrapper":"${policy.name}"`,
    '"pid":%s,"ppid":%s,"uid":%s,"caller":{"comm":"%s","cmdline":[%s"]%s,"unit":%s,"cgroup":"%s"}',
    '"cwd":"%s","argv":[%s],"argc":%s,"execArgv":[%s]',
    `"route":${shape.routes ? '"%s"' : "null"}`,
    `"facts":{${shape.facts ? "%s" : ""}},"errors":[],"preflightUs":%s`,
  ];
  const execArgv = `${shape.prepends ? "$__prepended" : ""}$__list${shape.appends ? "$__appended" : ""}`;
  const around = shape.prepends || shape.appends;
  const values = [
    // A cut may go through a word; what is left of the last one goes with the comma before it.
    '"$__began" $$ $PPID $UID "${__caller[0]}" "${__words%\\",*}" "${__more:+,\\"cmdlineTruncated\\":true}"',
    '"$__unit" "$__group" "$PWD" "${__list:1}" $#',
    around ? '"${__exec:1}"' : '"${__list:1}"',
    ...(shape.routes ? ['"$__route"'] : []),
    ...(shape.facts ? ['"${__facts:1}"'] : []),
    "$((${EPOCHREALTIME/./} - ${__began/./}))",
  ];
  return [
    "# The common call: few plain words, a usual environment, a log that is there. All else is below.",
    `if [[ ${few.join(" && ")} ]]; then`,
    "\t{",
    "\t\tmapfile -d '' -u 2 __environ",
    "\t\tmapfile -tu 3 __caller",
    `\t\tmapfile -d '' -n ${parentWords + 1} -u 4 __parent`,
    "\t\tmapfile -tu 5 __cgroup",
    '\t} 2>&- 2<"/proc/$$/environ" 3<"/proc/$PPID/comm" 4<"/proc/$PPID/cmdline" 5<"/proc/$$/cgroup"',
    "\t__group=${__cgroup[*]: -1} __plain=$*$PWD$__group __from=${__parent[*]} IFS=$'\\36'",
    "\t__given=$IFS${__environ[*]}$IFS",
    '\tif [[ $SHLVL != 1 && $__last && $__last != /bin/bash && $__given == *"${IFS}PWD=$PWD$IFS"* ]]; then',
    "\t\t__common=1",
    '\telif [[ $SHLVL == 1 && $__last == /bin/bash && $__given != *"$IFS"@(PWD|SHLVL|_)=* ]]; then',
    "\t\t__common=1 __last=''",
    "\t\tdeclare +x PWD",
    "\t\tunset -v SHLVL",
    "\t\t# Exec exports SHLVL, but can't export an array.",
    "\t\tSHLVL=()",
    "\tfi",
    "fi",
    "if [[ $__common == 1 && $__given != *PS[124]=* && $__given != *OLDPWD${OLDPWD+?}=* &&",
    "\t${OPTIND@a}${OPTERR@a}${IFS@a} != *x* && ${__parent[0]} && ${#__parent[0]} -lt 510 && ${#__plain} -lt " +
      `${room} && $__plain\${__caller[0]}\${__from::${parentRoom}} != *[!\\ !#-[\\]-~]* ]]; then`,
    `\tprintf -v __words '"%s",' "\${__parent[@]::${parentWords}}"`,
    `\t__more=\${__parent[${parentWords}]+x}\${__words:${parentRoom}} __words=\${__words::${parentRoom}}` +
      " __group=${__group#*:*:} __unit=null",
    "\t__common=plain __list='' __here=/proc/self/fd/2",
    "\tcase $__group in",
    '\t*.service | *.scope) __unit=\\"${__group##*/}\\" ;;',
    '\t*.service/*) __unit=${__group%.service/*} __unit=\\"${__unit##*/}.service\\" ;;',
    '\t*.scope/*) __unit=${__group%.scope/*} __unit=\\"${__unit##*/}.scope\\" ;;',
    "\tesac",
    '\tif (($#)); then printf -v __list \',"%s"\' "$@"; fi',
    ...(around ? [`\t__exec=${execArgv}`] : []),
    "fi",
    "if [[ $__common == plain ]] && {",
    `\t[[ -O $__here && $__here/.. -ef /tmp && ! -L /tmp/interpose-$UID &&`,
    `\t\t-f ${log} && -O ${log} && ! -L ${log} ]] && {`,
    "\t\ttrap '' XFSZ",
    `\t\tprintf '{${members.join(",")}}\\n' \\`,
    `\t\t\t${values.join(" ")} \\`,
    `\t\t\t>>"${log}"`,
    "\t\ttrap - XFSZ",
    "\t}",
    '} 2>&- 2<"/tmp/interpose-$UID/."; then',
    "\tif [[ $__locale ]]; then LC_ALL=${__locale:1}; fi",
    "\tif [[ -x $__real ]]; then",
    "\t\tif [[ $__last ]]; then",
    `\t\t\t_=$__last exec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "\t\telse",
    `\t\t\texec -a "$__invoked" "$__real" ${passedWords(shape)}`,
    "\t\tfi",
    "\tfi",
    "\t__common=logged",
    "fi",
  ];
}
