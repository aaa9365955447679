/** Entries that shells, loaders and interpreters act upon, and those that are no entries at all. */
import { type Group, type Point, usualEntries, without } from "./point.ts";

export function environmentGroup(home: string): Group {
  const usual = usualEntries(home);
  const added = (title: string, ...entries: (string | Buffer)[]): Point => ({
    title,
    ask: { environment: [...usual, ...entries] },
  });
  const instead = (title: string, entry: string, ...names: string[]): Point => ({
    title,
    ask: { environment: [...without(usual, entry.split("=")[0] ?? "", ...names), entry] },
  });
  const absent = (name: string): Point => ({
    title: `${name} absent`,
    ask: { environment: without(usual, name) },
  });
  const each = (...entries: string[]): Point[] => entries.map((entry) => instead(entry, entry));
  const sets = (text: string): Point =>
    added(text, ...text.split(" ").map((name) => `${name}=of the caller`));

  const points: Point[] = [
    { title: "none at all", ask: { environment: [] } },
    added("an entry without =", "nosign"),
    added("an empty entry", ""),
    added("an empty name", "=value"),
    added("bytes", Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0a, 0x01])),
    added("an exported function", "BASH_FUNC_f%%=() { :; }"),
    added(
      "exported functions named as builtins",
      ...["exec", "printf", "shift", "read", "trap"].map((name) => `BASH_FUNC_${name}%%=() { echo no; }`),
    ),
    added(
      "broken exported functions",
      "BASH_FUNC_f%%=() { :; ",
      "BASH_FUNC_%%=() { :; }",
      "BASH_FUNC_g%%=no",
    ),
    added("BASH_ENV", "BASH_ENV=/etc/passwd", "ENV=/etc/passwd"),
    added("SHELLOPTS", "SHELLOPTS=braceexpand:hashall:interactive-comments"),
    ...each("SHELLOPTS=noexec", "SHELLOPTS=errexit:nounset:noglob"),
    added("10 values of 104,000 bytes", ...numbered(10, (number) => `LARGE${number}=${"v".repeat(104_000)}`)),
    added("10,000 variables", ...numbered(10_000, (number) => `MANY_${number}=${number}`)),
    ...[
      ["a folder", "/usr"],
      ["no folder", "/nowhere"],
      ["empty", ""],
      ["a file", "/etc/passwd"],
    ].map(([what, value]) => added(`OLDPWD ${what}`, `OLDPWD=${value}`)),
    {
      title: "a name twice: what getenv says",
      ask: { words: ["twice"], environment: ["TWICE=first", ...usual, "TWICE=second"] },
    },
    absent("PATH"),
    ...each(
      ...["POSIXLY_CORRECT=1", "BASH_COMPAT=3.1", "TMOUT=1", "IFS=/:", "PATH=", "PATH=/nowhere"],
      ...["LC_ALL=xx_YY.UTF-8", "LANG=xx_YY.UTF-8", "LC_ALL=C.UTF-8", "EXECIGNORE=*", "GLOBIGNORE=*"],
      ...["LD_LIBRARY_PATH=/nowhere", "GLIBC_TUNABLES=glibc.malloc.check=3", "LD_BIND_NOW=1"],
      ...["LD_PRELOAD=/nowhere.so", "LD_AUDIT=/nowhere.so", "LD_TRACE_LOADED_OBJECTS=", "LD_DEBUG=unused"],
      ...[
        "LD_ASSUME_KERNEL=2.6",
        "LD_ORIGIN_PATH=/nowhere",
        "LD_PREFER_MAP_32BIT_EXEC=1",
        "MALLOC_PERTURB_=7",
      ],
    ),
    sets("UID EUID PPID"),
    sets("BASH BASHPID BASH_VERSION BASH_ARGV0 BASH_COMMAND BASH_SUBSHELL"),
    sets("GROUPS DIRSTACK FUNCNAME PIPESTATUS HISTCMD COMP_WORDBREAKS BASH_REMATCH"),
    sets("HOSTNAME HOSTTYPE MACHTYPE OSTYPE SHELL"),
    sets("OPTIND OPTERR OPTARG REPLY MAPFILE COPROC"),
    sets("PS1 PS2 PS3 PS4 PROMPT_COMMAND"),
    sets("COLUMNS LINES"),
    sets("PYTHONHOME PERL5OPT NODE_OPTIONS RUBYOPT"),
    absent("SHLVL"),
    ...["0", "1", "5", "998", "999", "abc", "007", "-3"].map((level) =>
      instead(`SHLVL is '${level}'`, `SHLVL=${level}`),
    ),
    absent("_"),
    instead("_ is '/bin/bash'", "_=/bin/bash"),
    instead("_ is ''", "_="),
    absent("PWD"),
    instead("PWD is '.../link'", `PWD=${home}/link`),
    instead("PWD is '.'", "PWD=."),
    instead("PWD is ''", "PWD="),
  ];
  const link = points.find(({ title }) => title.includes("link"));
  if (link) {
    link.prepare = `ln -sfn / '${home}/link'`;
    link.ask.steps = [["cwd", `${home}/link`]];
  }
  return { name: "environment", points };
}

const numbered = (count: number, entry: (number: number) => string): string[] =>
  Array.from({ length: count }, (_, index) => entry(index));
