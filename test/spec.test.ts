/** What is wrong with a file, said at its place: the code, line and column, both sentences, the caret. */
import { describe, expect, test } from "vitest";
import { doctorWords } from "../src/finding/doctor-words.ts";
import { type FindingCode, InterposeError } from "../src/finding/finding.ts";
import { inWords, words } from "../src/finding/words.ts";
import { loadSpec } from "../src/spec/load.ts";

interface Fixture {
  file: string | Buffer;
  /** The file's name, where it matters. */
  source?: string;
  /** Line and column of the first finding. */
  at: string;
  code: FindingCode;
  /** Its words; a … at the end stands for the rest. */
  what: string;
  todo: string;
  /** What the caret is under. */
  marked?: string;
}

const bin = "binary: /usr/bin/tool\n";

/** A file with two facts and this condition. */
const when = (
  condition: string,
): string => `${bin}facts: { length: { mediaDuration: operand(0) }, weight: { fileSize: operand(0) } }
routes:
  - name: a
    when: ${condition}
  - name: b
`;

/** A few lines that stand for 10,000,000,000 words. */
const bomb = Array.from({ length: 10 }, (_, at) =>
  at === 0
    ? "a0: &a0 [x]"
    : `a${at}: &a${at} [${Array(10)
        .fill(`*a${at - 1}`)
        .join(", ")}]`,
).join("\n");

const fixtures: Fixture[] = [
  // The file as a whole
  {
    file: Buffer.alloc(1024 * 1024, "#"),
    at: "1:1",
    code: "file-too-large",
    what: "The file has 1048576 bytes; at most 262144 are read.",
    todo: "An interception is a page of YAML: move what doesn't belong to it elsewhere.",
  },
  {
    file: Buffer.from(`${bin}name: caf\xe9`, "latin1"),
    at: "1:1",
    code: "not-utf8",
    what: "The file is not UTF-8 text.",
    todo: "Save it as UTF-8: iconv -f latin1 -t utf-8 FILE.",
  },
  {
    file: Buffer.from("\ufeff\ufeffbinary: /b", "utf16le"),
    at: "1:1",
    code: "not-utf8",
    what: "The file is not UTF-8 text.",
    todo: "Save it as UTF-8: iconv -f latin1 -t utf-8 FILE.",
  },
  {
    file: "",
    at: "1:1",
    code: "missing-key",
    what: "`binary` is missing.",
    todo: "Add it; everything but `binary` has a default at the top level.",
  },
  {
    file: "# nothing",
    at: "1:1",
    code: "missing-key",
    what: "`binary` is missing.",
    todo: "Add it; everything but `binary` has a default at the top level.",
  },
  {
    file: "[]",
    at: "1:1",
    code: "wrong-type",
    what: "`the file` is a list, and should be a map.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: "tool",
    at: "1:1",
    code: "wrong-type",
    what: "`the file` is text, and should be a map.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}\tname: x`,
    at: "2:1",
    code: "yaml-syntax",
    what: "This is not valid YAML: Tabs are not allowed as indentation.",
    todo: "Mend the line; indentation is by spaces.",
    marked: "\t",
  },
  {
    file: `${bin}name: "x`,
    at: "2:9",
    code: "yaml-syntax",
    what: 'This is not valid YAML: Missing closing "quote.',
    todo: "Mend the line; indentation is by spaces.",
    marked: "",
  },
  {
    file: `${bin}binary: /b`,
    at: "2:1",
    code: "yaml-syntax",
    what: "This is not valid YAML: Map keys must be unique.",
    todo: "Mend the line; indentation is by spaces.",
    marked: "b",
  },
  {
    file: `${bin}---\n${bin}`,
    at: "2:1",
    code: "yaml-syntax",
    what: "This is not valid YAML: a second document starts here, and a file holds one interception.",
    todo: "Mend the line; indentation is by spaces.",
    marked: "-",
  },
  {
    file: `${bin}probe: *args`,
    at: "2:8",
    code: "yaml-syntax",
    what: "This is not valid YAML: nothing is marked &args before this.",
    todo: "Mend the line; indentation is by spaces.",
    marked: "*",
  },
  {
    file: `${bin}${"[".repeat(100_000)}`,
    at: "2:40",
    code: "yaml-syntax",
    what: "This is not valid YAML: lists and maps are nested more than 40 deep.",
    todo: "Mend the line; indentation is by spaces.",
  },
  {
    file: "- ".repeat(100_000),
    at: "1:81",
    code: "yaml-syntax",
    what: "This is not valid YAML: lists and maps are nested more than 40 deep.",
    todo: "Mend the line; indentation is by spaces.",
  },
  {
    file: `${bin}${bomb}`,
    at: "1:1",
    code: "yaml-syntax",
    what: "This is not valid YAML: its aliases stand for too much.",
    todo: "Mend the line; indentation is by spaces.",
    marked: "b",
  },
  // Keys
  {
    file: `${bin}keepname: yes`,
    at: "2:1",
    code: "unknown-key-near",
    what: "Unknown key `keepname`: did you mean `keepName`?",
    todo: "Known here: $schema, name, host, hosts, rollout, sudo, binary, wrapper, realSuffix, names, script, keepName, runtime, probe, accept, services, arguments, facts, routes, onError, always, log.",
  },
  {
    file: `${bin}colour: red`,
    at: "2:1",
    code: "unknown-key",
    what: "Unknown key `colour`.",
    todo: "Take it out, or use one of: $schema, name, host, hosts, rollout, sudo, binary, wrapper, realSuffix, names, script, keepName, runtime, probe, accept, services, arguments, facts, routes, onError, always, log.",
  },
  {
    file: `${bin}arguments: { withvalue: [] }`,
    at: "2:14",
    code: "unknown-key-near",
    what: "Unknown key `arguments.withvalue`: did you mean `withValue`?",
    todo: "Known here: withValue.",
  },
  {
    file: `${bin}routes:\n  - name: a\n    deny: { exit: 3, message: no, mesage: x }`,
    at: "4:35",
    code: "unknown-key-near",
    what: "Unknown key `routes[0].deny.mesage`: did you mean `message`?",
    todo: "Known here: exit, message.",
  },
  {
    file: `${bin}always: { env: { __proto__: x } }`,
    at: "2:18",
    code: "unknown-key",
    what: "Unknown key `__proto__`.",
    todo: "Take it out, or use one of: any other name.",
  },
  {
    file: `${bin}? [a]\n: b`,
    at: "1:1",
    code: "unknown-key",
    what: "Unknown key `[ a ]`.",
    todo: "Take it out, or use one of: $schema, name, host, hosts, rollout, sudo, binary, wrapper, realSuffix, names, script, keepName, runtime, probe, accept, services, arguments, facts, routes, onError, always, log.",
  },
  {
    file: "name: x",
    at: "1:1",
    code: "missing-key",
    what: "`binary` is missing.",
    todo: "Add it; everything but `binary` has a default at the top level.",
  },
  {
    file: `${bin}routes:\n  - append: [x]`,
    at: "3:5",
    code: "missing-key",
    what: "`routes[0].name` is missing.",
    todo: "Add it; everything but `binary` has a default at the top level.",
  },
  {
    file: `${bin}routes: [{ name: a, deny: { exit: 1 } }]`,
    at: "2:27",
    code: "missing-key",
    what: "`routes[0].deny.message` is missing.",
    todo: "Add it; everything but `binary` has a default at the top level.",
  },
  // Types and forms
  {
    file: "binary: 5",
    at: "1:9",
    code: "quote-it",
    what: "`binary` is a number, and should be text.",
    todo: 'Put it in quotes: "5".',
  },
  {
    file: `${bin}always:\n  append: [--threads, 4]`,
    at: "3:23",
    code: "quote-it",
    what: "`always.append[1]` is a number, and should be text.",
    todo: 'Put it in quotes: "4".',
  },
  {
    file: `${bin}always: { append: [--scale, 1.0] }`,
    at: "2:29",
    code: "quote-it",
    what: "`always.append[1]` is a number, and should be text.",
    todo: 'Put it in quotes: "1.0".',
  },
  {
    file: `${bin}always: { env: { DEBUG: true } }`,
    at: "2:25",
    code: "quote-it",
    what: "`always.env.DEBUG` is true or false, and should be text.",
    todo: 'Put it in quotes: "true".',
  },
  {
    file: `${bin}always: { append: [--x, null] }`,
    at: "2:25",
    code: "wrong-type",
    what: "`always.append[1]` is nothing, and should be text.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}services: nginx`,
    at: "2:11",
    code: "wrong-type",
    what: "`services` is text, and should be a list.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}always: [x]`,
    at: "2:9",
    code: "wrong-type",
    what: "`always` is a list, and should be a map.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}always: { append: [{ a: b }] }`,
    at: "2:20",
    code: "wrong-type",
    what: "`always.append[0]` is a map, and should be text.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}log: { full: "yes" }`,
    at: "2:14",
    code: "wrong-type",
    what: "`log.full` is text, and should be true or false.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}log: some`,
    at: "2:6",
    code: "wrong-type",
    what: "`log` is text, and should be a map, or none.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}log: { sice: 1Mi }`,
    at: "2:8",
    code: "unknown-key-near",
    what: "Unknown key `log.sice`: did you mean `size`?",
    todo: "Known here: dir, size, keep, free, redact, full.",
  },
  ...["logs", "/srv/../logs", "/srv//logs", "/", '"/srv/a\\tb"'].map((dir) => ({
    file: `${bin}log: { dir: ${dir} }`,
    at: "2:13",
    code: "bad-form" as const,
    what: "`log.dir` has a form that can't be used.",
    todo: "It has to be the absolute path of a directory, starting with /…",
  })),
  {
    file: `${bin}log: { size: 12q }`,
    at: "2:14",
    code: "bad-form",
    what: "`log.size` has a form that can't be used.",
    todo: 'It has to be a size of at least 64Ki and at most 1Ti; it is "12q".',
  },
  {
    file: `${bin}log: { size: 1Ki }`,
    at: "2:14",
    code: "bad-form",
    what: "`log.size` has a form that can't be used.",
    todo: 'It has to be a size of at least 64Ki and at most 1Ti; it is "1Ki".',
  },
  {
    file: `${bin}log: { keep: 0 }`,
    at: "2:14",
    code: "out-of-range",
    what: "`log.keep` is out of range: at least 1.",
    todo: "Use a value within it.",
  },
  {
    file: `${bin}routes: [{ name: a, deny: { exit: "1", message: no } }]`,
    at: "2:35",
    code: "wrong-type",
    what: "`routes[0].deny.exit` is text, and should be a whole number.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}routes: [{ name: a, deny: { exit: 1.5, message: no } }]`,
    at: "2:35",
    code: "wrong-type",
    what: "`routes[0].deny.exit` is a number, and should be a whole number.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}always: { append: [!!binary aGk=] }`,
    at: "2:29",
    code: "wrong-type",
    what: "`always.append[0]` is a map, and should be text.",
    todo: "Change the value; `interpose schema` shows the form.",
  },
  {
    file: `${bin}keepName: true`,
    at: "2:11",
    code: "not-one-of",
    what: "`keepName` is `true`.",
    todo: "Use one of: auto, yes, no.",
  },
  {
    file: `${bin}keepName: maybe`,
    at: "2:11",
    code: "not-one-of",
    what: "`keepName` is `maybe`.",
    todo: "Use one of: auto, yes, no.",
  },
  {
    file: `${bin}routes: [{ name: a, deny: { exit: 0, message: no } }]`,
    at: "2:35",
    code: "out-of-range",
    what: "`routes[0].deny.exit` is out of range: at least 1.",
    todo: "Use a value within it.",
  },
  {
    file: `${bin}routes: [{ name: a, deny: { exit: 256, message: no } }]`,
    at: "2:35",
    code: "out-of-range",
    what: "`routes[0].deny.exit` is out of range: at most 255.",
    todo: "Use a value within it.",
  },
  {
    file: `${bin}routes:\n${"  - name: a\n".repeat(101)}`,
    at: "3:3",
    code: "out-of-range",
    what: "`routes` is out of range: at most 100.",
    todo: "Use a value within it.",
  },
  {
    file: `${bin}always: { append: ["a\\0b"] }`,
    at: "2:20",
    code: "bad-form",
    what: "`always.append[0]` has a form that can't be used.",
    todo: 'It has to be text without a NUL, which no argument can hold; it is "a\\u0000b".',
  },
  {
    file: `${bin}always: { append: ["\\ud800"] }`,
    at: "2:20",
    code: "bad-form",
    what: "`always.append[0]` has a form that can't be used.",
    todo: 'It has to be text without half a surrogate pair, which UTF-8 can\'t hold; it is "\\ud800".',
  },
  {
    file: `${bin}host: ""`,
    at: "2:7",
    code: "bad-form",
    what: "`host` has a form that can't be used.",
    todo: "It has to be some text.",
  },
  {
    file: `${bin}routes: [{ name: a, deny: { exit: 1, message: "a\\nb" } }]`,
    at: "2:47",
    code: "bad-form",
    what: "`routes[0].deny.message` has a form that can't be used.",
    todo: 'It has to be one line of text; it is "a\\nb".',
  },
  {
    file: `${bin}log: { redact: [token] }`,
    at: "2:17",
    code: "bad-form",
    what: "`log.redact[0]` has a form that can't be used.",
    todo: 'It has to be an option with its dashes, such as --model or -m; it is "token".',
  },
  {
    file: `${bin}always: { set: { --a=b: x } }`,
    at: "2:18",
    code: "bad-form",
    what: "`always.set.--a=b` has a form that can't be used.",
    todo: 'It has to be an option with its dashes, such as --model or -m; it is "--a=b".',
  },
  {
    file: `${bin}arguments: { withValue: [-mo] }`,
    at: "2:26",
    code: "bad-form",
    what: "`arguments.withValue[0]` has a form that can't be used.",
    todo: 'It has to be an option with its dashes, such as --model or -m; it is "-mo".',
  },
  {
    file: `${bin}always: { remove: [-é] }`,
    at: "2:20",
    code: "bad-form",
    what: "`always.remove[0]` has a form that can't be used.",
    todo: 'It has to be an option with its dashes, such as --model or -m; it is "-é".',
  },
  {
    file: `${bin}always: { env: { A-B: x } }`,
    at: "2:18",
    code: "bad-form",
    what: "`always.env.A-B` has a form that can't be used.",
    todo: 'It has to be a name of letters, digits and _, not starting with a digit; it is "A-B".',
  },
  {
    file: `${bin}facts: { 1st: { fileSize: operand(0) } }`,
    at: "2:10",
    code: "bad-form",
    what: "`facts.1st` has a form that can't be used.",
    todo: 'It has to be a name of letters, digits and _, not starting with a digit; it is "1st".',
  },
  {
    file: `${bin}name: a/b`,
    at: "2:7",
    code: "bad-form",
    what: "`name` has a form that can't be used.",
    todo: 'It has to be a name of letters, digits, `.`, `_`, `+` and `-`, starting with a letter or digit; it is "a/b".',
  },
  {
    file: `${bin}routes: [{ name: a b }]`,
    at: "2:18",
    code: "bad-form",
    what: "`routes[0].name` has a form that can't be used.",
    todo: 'It has to be a name of letters, digits, `.`, `_` and `-`; it is "a b".',
  },
  {
    file: `${bin}realSuffix: /real`,
    at: "2:13",
    code: "bad-form",
    what: "`realSuffix` has a form that can't be used.",
    todo: 'It has to be a suffix without `/` and without spaces, such as -real; it is "/real".',
  },
  {
    file: `${bin}facts: { length: { duration: operand(0) } }`,
    at: "2:18",
    code: "unknown-fact",
    what: "`facts.length` is no fact.",
    todo: "Write { mediaDuration: operand(0) } or { fileSize: operand(0) }, with the file that is meant.",
  },
  {
    file: `${bin}facts: { length: operand(0) }`,
    at: "2:18",
    code: "unknown-fact",
    what: "`facts.length` is no fact.",
    todo: "Write { mediaDuration: operand(0) } or { fileSize: operand(0) }, with the file that is meant.",
  },
  // Names and paths
  {
    file: "binary: usr/bin/tool",
    at: "1:9",
    code: "bad-form",
    what: "`binary` has a form that can't be used.",
    todo: 'It has to be the absolute path of a file, starting with /; it is "usr/bin/tool".',
  },
  {
    file: "binary: /",
    at: "1:9",
    code: "bad-form",
    what: "`binary` has a form that can't be used.",
    todo: 'It has to be the absolute path of a file, starting with /; it is "/".',
  },
  {
    file: "binary: /usr//bin/../bin/tool/",
    at: "1:9",
    code: "not-plain-path",
    what: "/usr//bin/../bin/tool/ is not a plain path.",
    todo: "Write it as /usr/bin/tool.",
  },
  {
    file: `${bin}wrapper: /usr/./bin/w`,
    at: "2:10",
    code: "not-plain-path",
    what: "/usr/./bin/w is not a plain path.",
    todo: "Write it as /usr/bin/w.",
  },
  {
    file: 'binary: "/a\\nb"',
    at: "1:9",
    code: "bad-form",
    what: "`binary` has a form that can't be used.",
    todo: 'It has to be one line of text; it is "/a\\nb".',
  },
  {
    file: `${bin}wrapper: /usr/bin/tool`,
    at: "2:10",
    code: "wrapper-is-binary",
    what: "The wrapper would be written over the binary itself: both are /usr/bin/tool.",
    todo: "Give `wrapper` another path, or `name` another name.",
  },
  {
    file: `${bin}wrapper: /usr/bin/tool-real`,
    at: "2:10",
    code: "wrapper-is-real",
    what: "The wrapper would take the place of the real binary: both are /usr/bin/tool-real.",
    todo: "Give `wrapper` another path, or change `realSuffix`.",
  },
  {
    file: `${bin}realSuffix: .orig\nname: tool.orig`,
    at: "1:9",
    code: "wrapper-is-real",
    what: "The wrapper would take the place of the real binary: both are /usr/bin/tool.orig.",
    todo: "Give `wrapper` another path, or change `realSuffix`.",
  },
  {
    file: `${bin}script: /usr/bin/tool-real`,
    at: "2:9",
    code: "script-is-other",
    what: "/usr/bin/tool-real can't be the script: it is the path of the binary, of the wrapper, or of the real binary.",
    todo: "Give `script` the path of a file of your own; it ends in `exec` of the real binary.",
  },
  {
    file: `${bin}script: /usr/lib/../bin/smart`,
    at: "2:9",
    code: "not-plain-path",
    what: "/usr/lib/../bin/smart is not a plain path.",
    todo: "Write it as /usr/bin/smart.",
  },
  {
    file: `${bin}wrapper: "/usr/bin/w "`,
    at: "2:10",
    code: "wrapper-path-form",
    what: "The wrapper's path \"/usr/bin/w \" can't stand in the first line of a script.",
    todo: "Use one without newlines and without a space at its end.",
  },
  {
    file: `${bin}wrapper: /${"x/".repeat(120)}wrap`,
    at: "2:10",
    code: "first-line-too-long",
    what: "The wrapper's path makes its first line 257 bytes long; the kernel reads 254.",
    todo: "Give `wrapper` a shorter path.",
  },
  {
    file: `binary: /${"x".repeat(251)}\nwrapper: /w`,
    at: "1:9",
    code: "name-too-long",
    what: "The name xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…",
    todo: "Use a shorter `realSuffix` or `wrapper`.",
  },
  {
    file: `${bin}realSuffix: -${"x".repeat(64)}`,
    at: "2:13",
    code: "bad-form",
    what: "`realSuffix` has a form that can't be used.",
    todo: 'It has to be a suffix without `/` and without spaces, such as -real; it is "-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".',
  },
  {
    file: `binary: /${"é".repeat(126)}\nwrapper: /w`,
    at: "1:9",
    code: "name-too-long",
    what: "The name ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé…",
    todo: "Use a shorter `realSuffix` or `wrapper`.",
  },
  {
    file: bin,
    source: "/etc/....yaml",
    at: "1:1",
    code: "no-name",
    what: "No name can be made from the file name /etc/....yaml.",
    todo: "Add a line `name: something`.",
  },
  // Routes and edits
  {
    file: `${bin}routes: [{ name: a, when: 'flag("-a")' }, { name: a }]`,
    at: "2:51",
    code: "duplicate-route",
    what: "Two routes are named `a`.",
    todo: "Give one of them another name.",
  },
  {
    file: `${bin}routes: [{ name: a }, { name: b }]`,
    at: "2:10",
    code: "unreachable-routes",
    what: "The route `a` has no `when`, so no call gets to `b` after it.",
    todo: "Give it a `when`, or put it last.",
  },
  {
    file: `${bin}routes:\n  - name: a\n    when: flag("-a")`,
    at: "4:11",
    code: "no-last-route",
    what: "The last route, `a`, has a `when`, so a call may match no route.",
    todo: "Add a last one without `when`; `- name: pass` leaves such calls as they are.",
  },
  {
    file: `${bin}routes:\n  - name: a\n    deny: { exit: 1, message: no }\n    append: [x]`,
    at: "5:13",
    code: "deny-with-edits",
    what: "The route `a` denies the call, so `append` does nothing.",
    todo: "Take one of them out.",
  },
  {
    file: `${bin}onError: gp\nroutes: [{ name: gpu }]`,
    at: "2:10",
    code: "unknown-route-near",
    what: "There is no route `gp`: did you mean `gpu`?",
    todo: "Routes of this file: gpu.",
  },
  {
    file: `${bin}onError: other\nroutes: [{ name: gpu }]`,
    at: "2:10",
    code: "unknown-route",
    what: "There is no route `other`.",
    todo: "Routes of this file: gpu.",
  },
  {
    file: `${bin}onError: other`,
    at: "2:10",
    code: "unknown-route",
    what: "There is no route `other`.",
    todo: "Routes of this file: none.",
  },
  {
    file: `${bin}runtime: bash\nalways: { env: { SHLVL: "1" } }`,
    at: "3:25",
    code: "shell-variable",
    what: "A bash script can't set the variable SHLVL: bash keeps it for itself.",
    todo: "Use another one, or `runtime: native`, whose wrapper is a program.",
  },
  {
    file: `${bin}runtime: bash\nalways: { env: { __x: "1" } }`,
    at: "3:23",
    code: "shell-variable",
    what: "A bash script can't set the variable __x: bash keeps it for itself.",
    todo: "Use another one, or `runtime: native`, whose wrapper is a program.",
  },
  {
    file: `${bin}always:\n  set: { --model: x }\n  remove: [-v, --model]`,
    at: "4:16",
    code: "set-and-removed",
    what: "`--model` is both set and removed.",
    todo: "Take one of them out.",
  },
  {
    file: `${bin}facts: { size: { fileSize: operand(0) } }`,
    at: "2:16",
    code: "reserved-name",
    what: "A fact can't be named `size`: CEL keeps that word.",
    todo: "Use another name.",
  },
  // Conditions
  {
    file: when("lenght < 5"),
    at: "5:11",
    code: "unknown-name-near",
    what: "Nothing is named `lenght`: did you mean `length`?",
    todo: "Facts of this file: length, weight.",
    marked: "lenght",
  },
  {
    file: when("size(operand(0)) < duratoin"),
    at: "5:11",
    code: "unknown-name",
    what: "Nothing is named `duratoin` here.",
    todo: "Facts of this file: length, weight. Functions: operand, option, flag, env.",
    marked: "duratoin",
  },
  {
    file: when('opernd(0) == "a"'),
    at: "5:11",
    code: "unknown-function-near",
    what: "There is no function `opernd`: did you mean `operand`?",
    todo: "There are: operand, option, flag, env, quantity, duration, size, startsWith, endsWith, contains, lowerAscii, upperAscii.",
    marked: "opernd(0)",
  },
  {
    file: when("frob(1)"),
    at: "5:11",
    code: "unknown-function",
    what: "There is no function `frob`.",
    todo: "There are: operand, option, flag, env, quantity, duration, size, startsWith, endsWith, contains, lowerAscii, upperAscii.",
    marked: "frob(1)",
  },
  {
    file: when('operand(0).startWith("a")'),
    at: "5:11",
    code: "unknown-function-near",
    what: "There is no function `startWith`: did you mean `startsWith`?",
    todo: "There are: operand, option, flag, env, quantity, duration, size, startsWith, endsWith, contains, lowerAscii, upperAscii.",
    marked: 'operand(0).startWith("a")',
  },
  {
    file: when("weight > "),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: Unexpected token: EOF.",
    todo: "Mend the place that is marked.",
    marked: "",
  },
  {
    file: when('operand(0) == "abc'),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: Unterminated string.",
    todo: "Mend the place that is marked.",
    marked: '"abc',
  },
  {
    file: when("(weight > 1"),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: Expected RPAREN, got EOF.",
    todo: "Mend the place that is marked.",
    marked: "",
  },
  {
    file: when("weight > length"),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: no such overload: int > google.protobuf.Duration.",
    todo: "Mend the place that is marked.",
    marked: "weight > length",
  },
  {
    file: when('length > duration("1x")'),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: Invalid duration string: 1x.",
    todo: "Mend the place that is marked.",
    marked: 'duration("1x")',
  },
  {
    file: when('flag("-a") && weight < quantity("1.5")'),
    at: "5:11",
    code: "cel-error",
    what: 'The condition is wrong: quantity("1.5") is not a whole number of bytes.',
    todo: "Mend the place that is marked.",
    marked: 'quantity("1.5")',
  },
  {
    file: when("1 / 0 == 1"),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: division by zero.",
    todo: "Mend the place that is marked.",
    marked: "1 / 0 == 1",
  },
  {
    file: when('"!weight"'),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: no such overload: !int.",
    todo: "Mend the place that is marked.",
    marked: "!weight",
  },
  {
    file: when('!flag("-a")'),
    at: "5:11",
    code: "yaml-syntax",
    what: "This is not valid YAML: text that starts with ! has to be in quotes.",
    todo: "Mend the line; indentation is by spaces.",
    marked: "!",
  },
  {
    file: when("weight"),
    at: "5:11",
    code: "cel-result",
    what: "The expression gives int, and should give bool.",
    todo: "Compare it with something.",
    marked: "weight",
  },
  {
    file: when("operand(0)"),
    at: "5:11",
    code: "cel-result",
    what: "The expression gives string, and should give bool.",
    todo: "Compare it with something.",
    marked: "operand(0)",
  },
  {
    file: when("weight > 1.5"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide a number with a fraction exactly.",
    todo: "Instead: use whole numbers or durations.",
    marked: "1.5",
  },
  {
    file: when("weight > 1u"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide this kind of constant exactly.",
    todo: "Instead: use text, whole numbers, durations, true and false.",
    marked: "1u",
  },
  {
    file: when("weight + 1 > 2"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide arithmetic on what is known only when called exactly.",
    todo: "Instead: compare with a constant.",
    marked: "weight + 1",
  },
  {
    file: when("weight > 9223372036854775808"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide a number of more than 64 bits exactly.",
    todo: "Instead: use a smaller one.",
    marked: "9223372036854775808",
  },
  {
    file: when('flag("-a") && length > duration("300000000000s")'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide a number of more than 64 bits exactly.",
    todo: "Instead: use a smaller one.",
    marked: 'duration("300000000000s")',
  },
  {
    file: when(`'operand(0) == "a" ? true : false'`),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide `? :` exactly.",
    todo: "Instead: write two routes, or `a && b || !a && c`.",
    marked: 'operand(0) == "a" ? true : false',
  },
  {
    file: when("operand(-1) == env('A')"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide this operand exactly.",
    todo: "Instead: use 0 to 999.",
    marked: "operand(-1)",
  },
  {
    file: when("operand(weight) == ''"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide operand of something not constant exactly.",
    todo: "Instead: use a number.",
    marked: "operand(weight)",
  },
  {
    file: when("operand(1000) == ''"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide this operand exactly.",
    todo: "Instead: use 0 to 999.",
    marked: "operand(1000)",
  },
  {
    file: when('env("A-B") == ""'),
    at: "5:11",
    code: "cel-unsupported",
    what: 'A wrapper can\'t decide the variable "A-B" exactly.',
    todo: "Instead: use letters, digits and _.",
    marked: 'env("A-B")',
  },
  {
    file: `${when('env("PWD") == ""')}runtime: bash\n`,
    at: "5:11",
    code: "shell-variable-asked",
    what: "A bash script can't ask for the variable PWD: bash keeps it for itself.",
    todo: "Use another one, or `runtime: native`, whose wrapper is a program.",
  },
  {
    file: `${when('env("__x") == ""')}runtime: bash\n`,
    at: "5:11",
    code: "shell-variable-asked",
    what: "A bash script can't ask for the variable __x: bash keeps it for itself.",
    todo: "Use another one, or `runtime: native`, whose wrapper is a program.",
  },
  {
    file: when('flag("a")'),
    at: "5:11",
    code: "cel-unsupported",
    what: 'A wrapper can\'t decide the option "a" exactly.',
    todo: "Instead: write it with its dashes, as in --model or -m.",
    marked: 'flag("a")',
  },
  {
    file: when('flag("-é")'),
    at: "5:11",
    code: "cel-unsupported",
    what: 'A wrapper can\'t decide the option "-é" exactly.',
    todo: "Instead: write it with its dashes, as in --model or -m.",
    marked: 'flag("-é")',
  },
  {
    file: when('option(operand(0)) == ""'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide a name that is not constant exactly.",
    todo: "Instead: write the name in quotes.",
    marked: "option(operand(0))",
  },
  {
    file: when('operand(0).trim() == ""'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide trim() exactly.",
    todo: "Instead: use comparisons and the functions of the README.",
    marked: "operand(0).trim()",
  },
  {
    file: when('operand(0) + "x" == ""'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide arithmetic on what is known only when called exactly.",
    todo: "Instead: compare with a constant.",
    marked: 'operand(0) + "x"',
  },
  {
    file: when('operand(0).matches("a")'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide this exactly.",
    todo: "Instead: use comparisons, &&, ||, !, in, and the functions of the README.",
    marked: 'operand(0).matches("a")',
  },
  {
    file: when("weight in [weight]"),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide a list with something that is not constant exactly.",
    todo: "Instead: use == and ||.",
    marked: "[weight]",
  },
  {
    file: when('flag("-a") in [true]'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide `in` with true and false exactly.",
    todo: "Instead: use && and ||.",
    marked: 'flag("-a") in [true]',
  },
  {
    file: when('"[1, 2].all(x, x > 0)"'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide this exactly.",
    todo: "Instead: use comparisons, &&, ||, !, in, and the functions of the README.",
    marked: "[1, 2].all(x, x > 0)",
  },
  {
    file: when('operand(0) == "\\x00"'),
    at: "5:11",
    code: "cel-unsupported",
    what: "A wrapper can't decide a NUL in a string exactly.",
    todo: "Instead: no argument can hold one: take it out.",
    marked: '"\\x00"',
  },
  {
    file: when(Array(2000).fill('flag("-a")').join(" || ")),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: Exceeded maxAstNodes (2000).",
    todo: "Mend the place that is marked.",
    marked: '"',
  },
  {
    file: when(`${"(".repeat(300)}true${")".repeat(300)}`),
    at: "5:11",
    code: "cel-error",
    what: "The condition is wrong: Exceeded maxDepth (250).",
    todo: "Mend the place that is marked.",
    marked: "(",
  },
  {
    file: `${bin}facts: { f: { fileSize: operand(0) == "a" } }\n`,
    at: "2:25",
    code: "cel-result",
    what: "The expression gives bool, and should give string.",
    todo: "Compare it with something.",
    marked: 'operand(0) == "a"',
  },
  {
    file: `${bin}facts: { f: { fileSize: other } }\n`,
    at: "2:25",
    code: "unknown-name",
    what: "Nothing is named `other` here.",
    todo: "Facts of this file: none. Functions: operand, option, flag, env.",
    marked: "other",
  },
  {
    file: `${bin}routes: [{ name: a, when: weight > 1 }, { name: b }]`,
    at: "2:27",
    code: "unknown-name",
    what: "Nothing is named `weight` here.",
    todo: "Facts of this file: none. Functions: operand, option, flag, env.",
    marked: "weight",
  },
  {
    file: `${bin}host: a\nhosts: [b]\n`,
    at: "3:8",
    code: "host-and-hosts",
    what: "The file has both `host` and `hosts`.",
    todo: "Take one of them out.",
  },
  {
    file: `${bin}routes:\n  - name: a\n    when: |\n      flag("-a")\n      || flag("-b")\n  - name: b`,
    at: "4:11",
    code: "bad-form",
    what: "`routes[0].when` has a form that can't be used.",
    todo: 'It has to be one line of text; it is "flag(\\"-a\\")\\n|| flag(\\"-b\\")\\n".',
  },
];

/** Codes that other files test: add a new one here, or a fixture above. */
const testedElsewhere: FindingCode[] = [
  "intercepted-by-root",
  "more-problems",
  // test/e2e/show.test.ts
  "wrapper-unreadable",
  "no-wrapper",
  "no-program",
  "file-changed",
  // test/e2e/renew.test.ts
  "made-by-other",
  // test/account/states.test.ts
  "wrapper-unusable",
  "binary-given-back",
  // test/export/script.test.ts
  "adopted-there",
  // test/verify-services.test.ts
  "no-services",
  "needs-services",
  "service-unknown",
  "restart-failed",
  "unit-failed",
  "job-failed",
  "calls-another-path",
  "confined-tmp",
  "confined-exec",
  "no-call-in-time",
  // test/ssh/ansible.test.ts
  "unknown-form",
  "no-output",
  // test/e2e/guard.test.ts
  "no-guard",
  // test/e2e/log-dir.test.ts
  "log-dir-missing",
  "log-dir-unsafe",
  "log-dir-closed",
  // test/security/gate.test.ts
  "writable-by-all",
  "writable-by-group",
  "other-owner",
  "place-of-another",
  "folder-for-all",
  // test/security/owner.test.ts
  "group-has-members",
  "writable-by-list",
  "not-tried",
  "state-untrusted",
  "log-folder-taken",
  "log-folder-open",
  "apparmor-profile",
  "selinux-context",
  "file-unreadable",
  // test/ssh/fleet.test.ts
  "fleet-needs-host",
  "one-host",
  "unknown-host",
  "no-hosts",
  "inventory-unreadable",
  // test/inventory.test.ts
  "inventory-is-program",
  "verify-failed",
  // test/ssh/reach.test.ts
  "other-machine",
  "ssh-missing",
  "ssh-key-unknown",
  "ssh-key-changed",
  "ssh-refused",
  "ssh-unknown-name",
  "ssh-no-way",
  "ssh-failed",
  "sudo-missing",
  "shell-silent",
  "sudo-password",
  "sudo-refused",
  "sudo-here",
  "connection-lost",
  "host-malformed",
  "no-answer",
  "binary-missing",
  "binary-dangling",
  "binary-loops",
  "binary-is-folder",
  "binary-is-special",
  "binary-not-executable",
  "binary-leads-to-real",
  "noexec",
  "read-only",
  "immutable",
  "folder-missing",
  "folder-not-writable",
  "hard-link-refused",
  "real-taken",
  "real-changed",
  "wrapper-taken",
  "wrapper-edited",
  "name-folder-taken",
  "foreign-interception",
  "already-intercepted",
  "moved",
  "binary-overwritten",
  "no-bash",
  "old-bash",
  "no-ffprobe",
  "gate-failed",
  "step-failed",
  "all-undone",
  "undo-failed",
  "locked",
  "cut-off",
  "not-intercepted",
  "real-lost",
  "binary-replaced",
  "real-kept",
  "wrapper-left",
  "script-unusable",
  "script-missing",
  "by-hand-left",
  "made-by-hand",
  "by-hand-real-lost",
  "not-by-hand",
  "adopted-already",
  "by-hand-taken",
  "by-hand-no-exec",
  "by-hand-knows-name",
  "is-alternative",
  "is-shim",
  "is-shim-of",
  "manifest-unreadable",
  "needs-yes",
  "not-confirmed",
  "chain-broken",
  "run-cut-off",
  "run-remains",
  "plan-outdated",
  "output-differs",
  "arguments-broken",
  "not-applied",
  "not-logged",
  "command-line",
  "bad-duration",
  "bad-number",
  "unknown-recipe",
  "file-exists",
  "diverted",
  "uninstalled",
  "removed-given-back",
  "repair-unsettled",
  "repair-again",
  "binary-unusable",
  "binary-leads-back",
  "no-repair",
  "binary-removed",
  "real-upgraded",
  "real-removed",
  "wrapper-written-through",
  "diversion-lost",
  "old-kept",
  "run-remains",
  "missing-tool",
  "bad-answer",
  "command-line",
  ...(Object.keys(doctorWords) as FindingCode[]),
];

const shortened = (text: string, like: string): string =>
  like.endsWith("…") ? `${text.slice(0, like.length - 1)}…` : text;

test.each(fixtures)("$code: $what", ({ file, source = "tool.yaml", at, code, what, todo, marked }) => {
  const finding = findingsOf(file, source)[0];
  if (!finding?.place) throw new Error("a finding with a place was expected");
  const said = inWords(finding);
  const { excerpt, place } = finding;
  expect({
    at: `${place.line}:${place.column}`,
    code: finding.code,
    what: shortened(said.what, what),
    todo: shortened(said.todo, todo),
    marked: excerpt?.text.slice(excerpt.from, excerpt.from + excerpt.width),
  }).toEqual({ at, code, what, todo, marked });
  expect(place.file).toBe(source);
  expect(`${said.what} ${said.todo}`).not.toMatch(/undefined|\[object|\{\w+\}/);
});

describe("a file with several problems", () => {
  test("has all of them told, in one go", () => {
    const file = `${bin}colour: red\nname: a/b\nprobe: [1]\n`;
    expect(findingsOf(file, "tool.yaml").map(({ code }) => code)).toEqual(
      expect.arrayContaining(["unknown-key", "bad-form", "quote-it"]),
    );
  });

  test("has the paths' told together with the policy's, in the order of the file", () => {
    const file = `${when("lenght > 1")}onError: c\nwrapper: /usr/bin/tool\n`;
    expect(findingsOf(file, "tool.yaml").map(({ code }) => code)).toEqual([
      "unknown-name-near",
      "unknown-route-near",
      "wrapper-is-binary",
    ]);
  });

  test("leaves it at the first few errors of its syntax", () => {
    expect(findingsOf("a: b: c\n".repeat(1000), "tool.yaml").length).toBeLessThanOrEqual(10);
  });
});

test("a byte order mark at the start is no problem", () => {
  expect(loadSpec(Buffer.from(`\ufeff${bin}`), "tool.yaml").spec.binary).toBe("/usr/bin/tool");
});

test("of many problems twenty are told, and how many more there are, in a moment", () => {
  const file = `${bin}${Array.from({ length: 8000 }, (_, at) => `other${at}: 1\n`).join("")}`;
  const findings = findingsOf(file, "small.yaml");
  expect(findings).toHaveLength(21);
  expect(inWords(findings.at(-1) ?? expect.fail()).what).toBe("And 7980 more.");
  const conditions = Array.from(
    { length: 60 },
    (_, at) => `  - { name: r${at}, when: "nothing${at} > 1" }\n`,
  );
  const told = findingsOf(`${bin}routes:\n${conditions.join("")}  - name: last\n`, "small.yaml");
  expect(told).toHaveLength(21);
  expect(told.at(-1)).toMatchObject({ code: "more-problems", args: { count: 40 } });
  const [long] = findingsOf(`${bin}always: { append: [${Array(1001).fill("x").join(", ")}] }`, "small.yaml");
  expect(long).toMatchObject({ code: "out-of-range", args: { key: "always.append", bound: "at most 1000" } });
});

test("every code has a test, here or in a file that says so", () => {
  const here = fixtures.map(({ code }) => code);
  const known = new Set<string>([...here, ...testedElsewhere]);
  expect(Object.keys(words).filter((code) => !known.has(code))).toEqual([]);
  expect(testedElsewhere.filter((code) => here.includes(code) || !(code in words))).toEqual([]);
});

function findingsOf(file: string | Buffer, source: string) {
  try {
    loadSpec(Buffer.from(file), source);
  } catch (error) {
    if (!(error instanceof InterposeError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.findings;
  }
  throw new Error("the file was accepted");
}
