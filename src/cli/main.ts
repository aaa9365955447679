#!/usr/bin/env node
/** The entry: what needs no library is answered at once, the rest is loaded when it is asked for. */
declare const __VERSION__: string;

const [first, ...others] = process.argv.slice(2);
if ((first === "--version" || first === "-V") && others.length === 0) {
  process.stdout.write(`${__VERSION__}\n`);
} else {
  const { run } = await import("./program.ts");
  process.exitCode = await run(process.argv, __VERSION__);
}

export {};
