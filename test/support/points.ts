/** Calls, odd ones among them, that a wrapper must pass on so that nobody can tell. */
import { constants } from "node:os";
import type { Word } from "./caller.ts";
import type { Ask } from "./copies.ts";

export interface Point {
  title: string;
  ask: Ask;
}

/** An environment as a shell gives it; calls are made in / unless a step changes that. */
export const usual = ["PATH=/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8", "PWD=/", "SHLVL=1", "_=/usr/bin/env"];
const without = (...names: string[]) => usual.filter((entry) => !names.includes(entry.split("=")[0] ?? ""));

const point = (title: string, ask: Ask): Point => ({ title, ask: asked(ask) });
const asked = (ask: Ask): Ask => ({
  environment: usual,
  words: ["plain", "words"],
  ...ask,
  steps: [["cwd", "/"], ...(ask.steps ?? [])],
});

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const allBytes = bytes(...Array.from({ length: 255 }, (_, index) => index + 1));

export const argumentPoints: Point[] = [
  point("no words", { words: [] }),
  point("empty words", { words: ["", "a", "", ""] }),
  point("spaces", { words: ["a b", " ", "  c  "] }),
  point("globs and what a shell expands", {
    words: ["*", "/*", "[a-z]*", "~", "$HOME", "{a,b}", "!!", "`id`", "$(id)", "<(id)"],
  }),
  point("leading dashes", { words: ["-", "--", "-n", "-e", "--help", "-a", "--", "-x"] }),
  point("signs of a format", { words: ["%s", "%d%n", "%%", "100%"] }),
  point("quotes and backslashes", { words: ['"', "'", "\\", '"a\'b"', "\\n", "a\\", "\\\\"] }),
  point("newlines, tabs and other controls", {
    words: ["a\nb", "\n", "\t", "\u001b[31m", "\u001e", "\u007f", "trailing\n"],
  }),
  point("other alphabets", { words: ["ü", "日本語", "😀", "a\u0301"] }),
  point("bytes that are not UTF-8", {
    words: [bytes(0xff), bytes(0xc3, 0x28), allBytes, bytes(0x61, 0x80, 0x62)],
  }),
  point("10,000 words", { words: Array.from({ length: 10_000 }, (_, index) => `word ${index} *`) }),
  point("10,000 empty words", { words: Array.from({ length: 10_000 }, () => "") }),
  point("a word of 128 KiB", { words: ["a".repeat(131_071), "after"] }),
  point("a word of 128 KiB of quotes", { words: ['"'.repeat(131_071)] }),
  point("63 words", { words: Array.from({ length: 20 }, (_, index) => `w${index}`) }),
  point("options that the policy knows", { words: ["--of", "something", "--", "--of", "another"] }),
];

export const streamPoints: Point[] = [
  point("stdin from a pipe", { words: ["copy"], steps: [["feed", "line 1\nline 2\nno end"]] }),
  point("stdin from a file", { words: ["copy"], steps: [["open", "0 /etc/passwd"]] }),
  point("a closed stdin", { steps: [["close", "0"]] }),
  point("a closed stdin that is read", { words: ["exit", "3"], steps: [["close", "0"]] }),
  point("a closed stdout", { steps: [["close", "1"]] }),
  point("a closed stderr", { steps: [["close", "2"]] }),
  point("all three closed", {
    words: ["exit", "9"],
    steps: [
      ["close", "0"],
      ["close", "1"],
      ["close", "2"],
    ],
  }),
  point("a closed stdin and stderr", {
    steps: [
      ["close", "0"],
      ["close", "2"],
    ],
  }),
  point("a terminal", { steps: [["terminal", ""]], environment: [...usual, "COLUMNS=40", "LINES=10"] }),
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
  point("inherited descriptors", {
    environment: usual.map((entry) => (entry === "PWD=/" ? `PWD=${folder}` : entry)),
    steps: [["cwd", folder], ...descriptors],
  }),
  ...["000", "022", "027", "077", "777"].map((mask) => point(`umask ${mask}`, { steps: [["umask", mask]] })),
  point("another folder", {
    environment: usual.map((entry) => (entry === "PWD=/" ? "PWD=/usr/share" : entry)),
    steps: [["cwd", "/usr/share"]],
  }),
  point("a folder with a newline and quotes in its name", {
    environment: usual.map((entry) => (entry === "PWD=/" ? `PWD=${folder}/a\n"b'\\ c` : entry)),
    steps: [["cwd", `${folder}/a\n"b'\\ c`]],
  }),
  point("every signal ignored", { steps: [["ignore", "0"]] }),
  point("every other signal ignored", {
    steps: numbers(1, 64, 2).map((number) => ["ignore", String(number)]),
  }),
  point("every other signal ignored, the others", {
    steps: numbers(2, 64, 2).map((number) => ["ignore", String(number)]),
  }),
  ...[SIGCHLD, SIGPIPE, SIGTERM].map((number) =>
    point(`signal ${number} ignored`, { steps: [["ignore", String(number)]] }),
  ),
  point("every signal blocked that can be", { steps: blockable.map((number) => ["block", String(number)]) }),
  point("SIGTERM blocked", { steps: [["block", String(SIGTERM)]] }),
  point("a blocked signal that waits", {
    steps: [
      ["block", String(constants.signals.SIGWINCH)],
      ["raise", String(constants.signals.SIGWINCH)],
    ],
  }),
  point("another priority", { steps: [["nice", "7"]] }),
  point("a session of its own", { steps: [["session", ""]] }),
  point("files of 0 bytes at most", { steps: [["limit", "1 0"]] }),
  point("files of 0 bytes at most, and the signal for it ignored", {
    steps: [
      ["limit", "1 0"],
      ["ignore", String(SIGXFSZ)],
    ],
  }),
  point("few descriptors", { steps: [["limit", "7 24"]] }),
  point("a small stack", { steps: [["limit", "3 1048576"]] }),
];

const environment = (title: string, entries: Word[], steps: [string, string][] = []): Point =>
  point(title, { environment: entries, steps });

export const environmentPoints: Point[] = [
  environment("an empty one", []),
  environment("one without what shells add", ["A=1", "PATH=/usr/bin:/bin"]),
  environment("names that no shell has", [...usual, "a.b=3", "a-b=4", "1=2", "%=x", "ä=ö", "A B=c"]),
  environment("names that no shell has, and nothing else", ["a.b=3"]),
  environment("empty values", [...usual, "EMPTY=", "a.b="]),
  environment("values with newlines, quotes and other bytes", [
    ...usual,
    "LINES_OF_TEXT=a\nb\n",
    "QUOTES=\"'\\",
    Buffer.concat([Buffer.from("BYTES="), allBytes]),
  ]),
  environment("a stale PWD", [...without("PWD"), "PWD=/usr"]),
  environment("a PWD that is no folder", [...without("PWD"), "PWD=/nowhere"]),
  environment("a relative PWD", [...without("PWD"), "PWD=."]),
  environment("an empty PWD", [...without("PWD"), "PWD="]),
  environment("a PWD through a link", [...without("PWD"), "PWD=/proc/self/root"]),
  environment("no PWD", without("PWD")),
  environment("nothing but PWD", ["PWD=/"]),
  environment("an OLDPWD", [...usual, "OLDPWD=/usr"]),
  environment("an OLDPWD that is no folder", [...usual, "OLDPWD=/nowhere"]),
  environment("an empty OLDPWD", [...usual, "OLDPWD="]),
  environment("nothing but an OLDPWD that is no folder", ["OLDPWD=/etc/passwd"]),
  environment("no SHLVL", without("SHLVL")),
  ...["0", "5", "998"].map((level) => environment(`SHLVL=${level}`, [...without("SHLVL"), `SHLVL=${level}`])),
  environment("nothing but SHLVL", ["SHLVL=4"]),
  environment("no _", without("_")),
  environment("an empty _", [...without("_"), "_="]),
  environment("an empty _ and a deep SHLVL", [...without("_", "SHLVL"), "SHLVL=3", "_="]),
  environment("bash in _", [...without("_"), "_=/bin/bash"]),
  environment("bash in _ and nothing else", ["_=/bin/bash"]),
  environment("odd text in _", [...without("_"), "_=a\n\"b' *"]),
  environment("LC_ALL", [...usual, "LC_ALL=C.UTF-8"]),
  environment("LC_ALL=C", [...usual, "LC_ALL=C"]),
  environment("an empty LC_ALL", [...usual, "LC_ALL="]),
  environment("parts of a locale", [...usual, "LC_CTYPE=C.UTF-8", "LC_NUMERIC=C", "LC_MESSAGES=POSIX"]),
  environment("a LANG that is not installed", [...without("LANG"), "LANG=xx_YY.UTF-8"]),
  environment("TZ", [...usual, "TZ=Pacific/Chatham"]),
  environment("POSIXLY_CORRECT", [...usual, "POSIXLY_CORRECT=1"]),
  environment("an empty POSIXLY_CORRECT", [...usual, "POSIXLY_CORRECT="]),
  environment("BASH_ENV that names no file", [...usual, "BASH_ENV=/nowhere", "ENV=/nowhere"]),
  environment("what bash looks at", [
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
  environment("prompts and what else bash sets anew", [
    ...usual,
    "PS1=\\u $ ",
    "PS2=> ",
    "PS4=$(echo no >&2)",
    "IFS=x",
    "OPTIND=7",
    "OPTERR=0",
  ]),
  environment("a prompt and nothing else", ["PS1=\\u $ "]),
  environment("names that the wrapper's own resemble", [...usual, "__CF_USER=1", "_A=1", "__=1"]),
  environment("a PATH that leads nowhere", [...without("PATH"), "PATH=/nowhere"]),
  environment("an empty PATH", [...without("PATH"), "PATH="]),
  environment("300 variables of 1,000 bytes", [
    ...usual,
    ...Array.from({ length: 300 }, (_, index) => `MANY_${index}=${"v".repeat(1000)}`),
  ]),
];
