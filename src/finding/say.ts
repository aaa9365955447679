/** How a finding becomes sentences: templates with its arguments filled in. */

import { quote } from "../wrapper/quote.ts";
import type { Finding } from "./finding.ts";

type Args = Finding["args"];

/** `what` and `todo` are sentences; `run` has the commands that mend it, in order, where there are some. */
export interface Said {
  what: string;
  todo: string;
  run?: string[];
}

export type Words = (args: Args) => Said;

/** Commands get their arguments as words of a shell; they are left out where one of those isn't known. */
export const say =
  (what: string, todo: string, ...run: string[]): Words =>
  (args) => {
    const known = run.every((command) => [...command.matchAll(slots)].every(([, name = ""]) => name in args));
    return {
      what: fill(what, args),
      todo: fill(todo, args),
      ...(run.length > 0 && known ? { run: run.map((command) => fill(command, args, quote)) } : {}),
    };
  };

export const fill = (template: string, args: Args, as: (value: string) => string = String): string =>
  template.replace(slots, (whole, name: string) => (name in args ? as(String(args[name])) : whole));

// ---

const slots = /\{(\w+)\}/g;
