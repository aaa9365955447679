/** The words of what is wrong with a file and its policy. */
import { fill, say, type Words } from "./say.ts";

/** Forms of values that a schema asks for, by the message that its check carries. */
const forms: Record<string, string> = {
  unicode: "text without half a surrogate pair, which UTF-8 can't hold",
  "not-empty": "some text",
  nul: "text without a NUL, which no argument can hold",
  "one-line": "one line of text",
  absolute: "the absolute path of a file, starting with /",
  directory:
    "the absolute path of a directory, starting with /, without `.`, `..`, `//` and control characters in it",
  "option-name": "an option with its dashes, such as --model or -m",
  identifier: "a name of letters, digits and _, not starting with a digit",
  name: "a name of letters, digits and _, or an option with its dashes",
  "route-name": "a name of letters, digits, `.`, `_` and `-`",
  "file-name": "a name of letters, digits, `.`, `_`, `+` and `-`, starting with a letter or digit",
  "log-size": "a size of at least 64Ki and at most 1Ti",
  suffix: "a suffix without `/` and without spaces, such as -real",
};

export const fileWords = {
  // The file
  "file-unreadable": say(
    "{path} can't be read: {reason}.",
    "Check the path; `interpose init` writes a new file.",
  ),
  "file-too-large": say(
    "The file has {bytes} bytes; at most {limit} are read.",
    "An interception is a page of YAML: move what doesn't belong to it elsewhere.",
  ),
  "not-utf8": say("The file is not UTF-8 text.", "Save it as UTF-8: iconv -f latin1 -t utf-8 FILE."),
  "yaml-syntax": say("This is not valid YAML: {message}.", "Mend the line; indentation is by spaces."),
  "unknown-key": say("Unknown key `{key}`.", "Take it out, or use one of: {known}."),
  "unknown-key-near": say("Unknown key `{key}`: did you mean `{near}`?", "Known here: {known}."),
  "missing-key": say(
    "`{key}` is missing.",
    "Add it; everything but `binary` has a default at the top level.",
  ),
  "wrong-type": say(
    "`{key}` is {found}, and should be {expected}.",
    "Change the value; `interpose schema` shows the form.",
  ),
  "quote-it": say("`{key}` is {found}, and should be text.", 'Put it in quotes: "{value}".'),
  "not-one-of": say("`{key}` is `{found}`.", "Use one of: {allowed}."),
  "out-of-range": say("`{key}` is out of range: {bound}.", "Use a value within it."),
  "bad-form": (args) => ({
    what: fill("`{key}` has a form that can't be used.", args),
    todo: `It has to be ${forms[String(args.form)] ?? String(args.form)}${args.found ? `; it is ${JSON.stringify(args.found)}` : ""}.`,
  }),
  "unknown-fact": say(
    "`{key}` is no fact.",
    "Write { mediaDuration: operand(0) } or { fileSize: operand(0) }, with the file that is meant.",
  ),
  "no-name": say("No name can be made from the file name {source}.", "Add a line `name: something`."),
  "not-plain-path": say("{path} is not a plain path.", "Write it as {plain}."),
  "wrapper-is-binary": say(
    "The wrapper would be written over the binary itself: both are {path}.",
    "Give `wrapper` another path, or `name` another name.",
  ),
  "wrapper-is-real": say(
    "The wrapper would take the place of the real binary: both are {path}.",
    "Give `wrapper` another path, or change `realSuffix`.",
  ),
  "script-is-other": say(
    "{path} can't be the script: it is the path of the binary, of the wrapper, or of the real binary.",
    "Give `script` the path of a file of your own; it ends in `exec` of the real binary.",
  ),
  "wrapper-path-form": say(
    "The wrapper's path {path} can't stand in the first line of a script.",
    "Use one without newlines and without a space at its end.",
  ),
  "first-line-too-long": say(
    "The wrapper's path makes its first line {bytes} bytes long; the kernel reads {limit}.",
    "Give `wrapper` a shorter path.",
  ),
  "name-too-long": say(
    "The name {name} has {bytes} bytes; a file name holds {limit}.",
    "Use a shorter `realSuffix` or `wrapper`.",
  ),

  // The policy
  "cel-error": say("The condition is wrong: {message}.", "Mend the place that is marked."),
  "cel-result": say(
    "The expression gives {found}, and should give {expected}.",
    "Compare it with something.",
  ),
  "cel-unsupported": say("A wrapper can't decide {what} exactly.", "Instead: {instead}."),
  "unknown-name": say(
    "Nothing is named `{name}` here.",
    "Facts of this file: {known}. Functions: operand, option, flag, env.",
  ),
  "unknown-name-near": say(
    "Nothing is named `{name}`: did you mean `{near}`?",
    "Facts of this file: {known}.",
  ),
  "unknown-function": say("There is no function `{name}`.", "There are: {known}."),
  "unknown-function-near": say(
    "There is no function `{name}`: did you mean `{near}`?",
    "There are: {known}.",
  ),
  "reserved-name": say("A fact can't be named `{name}`: CEL keeps that word.", "Use another name."),
  "duplicate-route": say("Two routes are named `{name}`.", "Give one of them another name."),
  "unreachable-routes": say(
    "The route `{name}` has no `when`, so no call gets to `{next}` after it.",
    "Give it a `when`, or put it last.",
  ),
  "no-last-route": say(
    "The last route, `{name}`, has a `when`, so a call may match no route.",
    "Add a last one without `when`; `- name: pass` leaves such calls as they are.",
  ),
  "deny-with-edits": say(
    "The route `{name}` denies the call, so `{key}` does nothing.",
    "Take one of them out.",
  ),
  "unknown-route": say("There is no route `{name}`.", "Routes of this file: {known}."),
  "unknown-route-near": say(
    "There is no route `{name}`: did you mean `{near}`?",
    "Routes of this file: {known}.",
  ),
  "more-problems": say("And {count} more.", "Mend these first, and run the command again."),
  "shell-variable": say(
    "A bash script can't set the variable {name}: bash keeps it for itself.",
    "Use another one, or `runtime: native`, whose wrapper is a program.",
  ),
  "shell-variable-asked": say(
    "A bash script can't ask for the variable {name}: bash keeps it for itself.",
    "Use another one, or `runtime: native`, whose wrapper is a program.",
  ),
  "set-and-removed": say("`{name}` is both set and removed.", "Take one of them out."),
} satisfies Record<string, Words>;
