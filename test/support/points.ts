/** Calls, odd ones among them, that a wrapper must pass on so that nobody can tell. */
import { constants } from "node:os";
import type { Word } from "./caller.ts";
import type { Ask } from "./copies.ts";

export interface Point {
  title: string;
  ask: Ask;
  /** Whether the wrapper's first half must do for it, so that this half can be tested alone. */
  common: boolean;
}

/** An environment as a shell gives it; calls are made in / unless a step changes that. */
export const usual = ["PATH=/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8", "PWD=/", "SHLVL=1", "_=/usr/bin/env"];
const without = (...names: string[]) => usual.filter((entry) => !names.includes(entry.split("=")[0] ?? ""));

const common = (title: string, ask: Ask): Point => ({ title, ask: asked(ask), common: true });
const rare = (title: string, ask: Ask): Point => ({ title, ask: asked(ask), common: false });
const asked = (ask: Ask): Ask => ({
  environment: usual,
  words: ["plain", "words"],
  ...ask,
  steps: [["cwd", "/"], ...(ask.steps ?? [])],
});

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const allBytes = bytes(...Array.from({ length: 255 }, (_, index) => index + 1));

export const argumentPoints: Point[] = [
  common("no words", { words: [] }),
  common("empty words", { words: ["", "a", "", ""] }),
  common("spaces", { words: ["a b", " ", "  c  "] }),
  common("globs and what a shell expands", {
    words: ["*", "/*", "[a-z]*", "~", "$HOME", "{a,b}", "!!", "`id`", "$(id)", "<(id)"],
  }),
  rare("leading dashes", { words: ["-", "--", "-n", "-e", "--help", "-a", "--", "-x"] }),
  common("signs of a format", { words: ["%s", "%d%n", "%%", "100%"] }),
  rare("quotes and backslashes", { words: ['"', "'", "\\", '"a\'b"', "\\n", "a\\", "\\\\"] }),
  rare("newlines, tabs and other controls", {
    words: ["a\nb", "\n", "\t", "\u001b[31m", "\u001e", "\u007f", "trailing\n"],
  }),
  rare("other alphabets", { words: ["ü", "日本語", "😀", "a\u0301"] }),
  rare("bytes that are not UTF-8", {
    words: [bytes(0xff), bytes(0xc3, 0x28), allBytes, bytes(0x61, 0x80, 0x62)],
  }),
  rare("10,000 words", { words: Array.from({ length: 10_000 }, (_, index) => `word ${index} *`) }),
  rare("10,000 empty words", { words: Array.from({ length: 10_000 }, () => "") }),
  rare("a word of 128 KiB", { words: ["a".repeat(131_071), "after"] }),
  rare("a word of 128 KiB of quotes", { words: ['"'.repeat(131_071)] }),
  common("63 words", { words: Array.from({ length: 20 }, (_, index) => `w${index}`) }),
  rare("options that the policy knows", { words: ["--of", "something", "--", "--of", "another"] }),
];

export const streamPoints: Point[] = [
  common("stdin from a pipe", { words: ["copy"], steps: [["feed", "line 1\nline 2\nno end"]] }),
  common("stdin from a file", { words: ["copy"], steps: [["open", "0 /etc/passwd"]] }),
  common("a closed stdin", { steps: [["close", "0"]] }),
  common("a closed stdin that is read", { words: ["exit", "3"], steps: [["close", "0"]] }),
  common("a closed stdout", { steps: [["close", "1"]] }),
  common("a closed stderr", { steps: [["close", "2"]] }),
  common("all three closed", {
    words: ["exit", "9"],
    steps: [
      ["close", "0"],
      ["close", "1"],
      ["close", "2"],
    ],
  }),
  common("a closed stdin and stderr", {
    steps: [
      ["close", "0"],
      ["close", "2"],
    ],
  }),
  common("a terminal", { steps: [["terminal", ""]], environment: [...usual, "COLUMNS=40", "LINES=10"] }),
];

const descriptors: [string, string][] = [3, 9, 10, 11, 12, 63, 100, 254, 255].map((fd) => [
  "open",
  `${fd} inherited`,
]);
const { SIGCHLD, SIGPIPE, SIGTERM, SIGXFSZ } = constants.signals;
const numbers = (first: number, last: number, step = 1): number[] =>
  Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => first + index * step);
/** Bash unblocks SIGCHLD, and its C library keeps 32 and 33 to itself. */
const blockable = numbers(1, 64).filter((number) => ![SIGCHLD, 32, 33].includes(number));

export const processPoints = (folder: string): Point[] => [
  common("inherited descriptors", {
    environment: usual.map((entry) => (entry === "PWD=/" ? `PWD=${folder}` : entry)),
    steps: [["cwd", folder], ...descriptors],
  }),
  ...["000", "022", "027", "077", "777"].map((mask) => common(`umask ${mask}`, { steps: [["umask", mask]] })),
  common("another folder", {
    environment: usual.map((entry) => (entry === "PWD=/" ? "PWD=/usr/share" : entry)),
    steps: [["cwd", "/usr/share"]],
  }),
  rare("a folder with a newline and quotes in its name", {
    environment: usual.map((entry) => (entry === "PWD=/" ? `PWD=${folder}/a\n"b'\\ c` : entry)),
    steps: [["cwd", `${folder}/a\n"b'\\ c`]],
  }),
  common("every signal ignored", { steps: [["ignore", "0"]] }),
  common("every other signal ignored", {
    steps: numbers(1, 64, 2).map((number) => ["ignore", String(number)]),
  }),
  common("every other signal ignored, the others", {
    steps: numbers(2, 64, 2).map((number) => ["ignore", String(number)]),
  }),
  ...[SIGCHLD, SIGPIPE, SIGTERM].map((number) =>
    common(`signal ${number} ignored`, { steps: [["ignore", String(number)]] }),
  ),
  common("every signal blocked that can be", { steps: blockable.map((number) => ["block", String(number)]) }),
  common("SIGTERM blocked", { steps: [["block", String(SIGTERM)]] }),
  common("a blocked signal that waits", {
    steps: [
      ["block", String(constants.signals.SIGWINCH)],
      ["raise", String(constants.signals.SIGWINCH)],
    ],
  }),
  common("another priority", { steps: [["nice", "7"]] }),
  common("a session of its own", { steps: [["session", ""]] }),
  common("files of 0 bytes at most", { steps: [["limit", "1 0"]] }),
  common("files of 0 bytes at most, and the signal for it ignored", {
    steps: [
      ["limit", "1 0"],
      ["ignore", String(SIGXFSZ)],
    ],
  }),
  common("few descriptors", { steps: [["limit", "7 24"]] }),
  common("a small stack", { steps: [["limit", "3 1048576"]] }),
];

const environment = (
  title: string,
  isCommon: boolean,
  entries: Word[],
  steps: [string, string][] = [],
): Point => (isCommon ? common : rare)(title, { environment: entries, steps });

export const environmentPoints: Point[] = [
  environment("an empty one", true, []),
  environment("one without what shells add", true, ["A=1", "PATH=/usr/bin:/bin"]),
  environment("names that no shell has", true, [...usual, "a.b=3", "a-b=4", "1=2", "%=x", "ä=ö", "A B=c"]),
  environment("names that no shell has, and nothing else", true, ["a.b=3"]),
  environment("empty values", true, [...usual, "EMPTY=", "a.b="]),
  environment("values with newlines, quotes and other bytes", true, [
    ...usual,
    "LINES_OF_TEXT=a\nb\n",
    "QUOTES=\"'\\",
    Buffer.concat([Buffer.from("BYTES="), allBytes]),
  ]),
  environment("a stale PWD", false, [...without("PWD"), "PWD=/usr"]),
  environment("a PWD that is no folder", false, [...without("PWD"), "PWD=/nowhere"]),
  environment("a relative PWD", false, [...without("PWD"), "PWD=."]),
  environment("an empty PWD", false, [...without("PWD"), "PWD="]),
  environment("a PWD through a link", true, [...without("PWD"), "PWD=/proc/self/root"]),
  environment("no PWD", false, without("PWD")),
  environment("nothing but PWD", false, ["PWD=/"]),
  environment("an OLDPWD", true, [...usual, "OLDPWD=/usr"]),
  environment("an OLDPWD that is no folder", false, [...usual, "OLDPWD=/nowhere"]),
  environment("an empty OLDPWD", false, [...usual, "OLDPWD="]),
  environment("nothing but an OLDPWD that is no folder", false, ["OLDPWD=/etc/passwd"]),
  environment("no SHLVL", false, without("SHLVL")),
  ...["0", "5", "998"].map((level) =>
    environment(`SHLVL=${level}`, level !== "0", [...without("SHLVL"), `SHLVL=${level}`]),
  ),
  environment("nothing but SHLVL", false, ["SHLVL=4"]),
  environment("no _", false, without("_")),
  environment("an empty _", false, [...without("_"), "_="]),
  environment("an empty _ and a deep SHLVL", false, [...without("_", "SHLVL"), "SHLVL=3", "_="]),
  environment("bash in _", false, [...without("_"), "_=/bin/bash"]),
  environment("bash in _ and nothing else", false, ["_=/bin/bash"]),
  environment("odd text in _", true, [...without("_"), "_=a\n\"b' *"]),
  environment("LC_ALL", true, [...usual, "LC_ALL=C.UTF-8"]),
  environment("LC_ALL=C", true, [...usual, "LC_ALL=C"]),
  environment("an empty LC_ALL", true, [...usual, "LC_ALL="]),
  environment("parts of a locale", true, [...usual, "LC_CTYPE=C.UTF-8", "LC_NUMERIC=C", "LC_MESSAGES=POSIX"]),
  environment("a LANG that is not installed", true, [...without("LANG"), "LANG=xx_YY.UTF-8"]),
  environment("TZ", true, [...usual, "TZ=Pacific/Chatham"]),
  environment("POSIXLY_CORRECT", true, [...usual, "POSIXLY_CORRECT=1"]),
  environment("an empty POSIXLY_CORRECT", true, [...usual, "POSIXLY_CORRECT="]),
  environment("BASH_ENV that names no file", true, [...usual, "BASH_ENV=/nowhere", "ENV=/nowhere"]),
  environment("what bash looks at", true, [
    ...usual,
    "CDPATH=/usr:/",
    "GLOBIGNORE=*",
    "PROMPT_COMMAND=echo no",
    "TMOUT=1",
    "HISTFILE=/nowhere",
    "MAILCHECK=1",
    "EXECIGNORE=*",
    "IGNOREEOF=1",
    "TIMEFORMAT=no",
    "BASH_COMPAT=4.3",
    "CHILD_MAX=1",
    "TERM=xterm",
    "INPUTRC=/nowhere",
    "TMPDIR=/nowhere",
    "FUNCNEST=1",
  ]),
  environment("prompts and what else bash sets anew", false, [
    ...usual,
    "PS1=\\u $ ",
    "PS2=> ",
    "PS4=$(echo no >&2)",
    "IFS=x",
    "OPTIND=7",
    "OPTERR=0",
  ]),
  environment("a prompt and nothing else", false, ["PS1=\\u $ "]),
  environment("names that the wrapper's own resemble", true, [...usual, "__CF_USER=1", "_A=1", "__=1"]),
  environment("a PATH that leads nowhere", true, [...without("PATH"), "PATH=/nowhere"]),
  environment("an empty PATH", true, [...without("PATH"), "PATH="]),
  environment("300 variables of 1,000 bytes", true, [
    ...usual,
    ...Array.from({ length: 300 }, (_, index) => `MANY_${index}=${"v".repeat(1000)}`),
  ]),
];
