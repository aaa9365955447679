/** What is measured: wrappers by hand, and ours for policies of several sizes, all in front of the same program. */
import { execFileSync, spawnSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const tool = join(import.meta.dirname, "../dist/interpose.js");
const freestanding = [
  ...["-ffreestanding", "-fno-stack-protector", "-fno-pie", "-no-pie", "-nostdlib", "-static"],
  ...["-fno-asynchronous-unwind-tables", "-Wl,--build-id=none"],
];

/** Every path is to be called as it is; `direct` first, `limit` second. */
export function makeWrappers(folder, name) {
  const real = join(folder, "real");
  compile("nothing.c", real, freestanding);
  const made = { direct: real, "exec, freestanding (the limit)": join(folder, "limit") };
  compile("exec.c", join(folder, "limit"), [...freestanding, `-DREAL="${real}"`]);
  compile("exec-libc.c", join(folder, "libc"), ["-static", `-DREAL="${real}"`]);
  made["exec, static glibc"] = join(folder, "libc");
  const template = `LOGFILE="${folder}/template.log"\necho "[WRAPPER] $(date) args: $@" >> "$LOGFILE"\n`;
  made["exec, dash"] = script(folder, "dash", "#!/bin/sh", `exec ${real} "$@"`);
  made["exec, bash"] = script(folder, "bash", "#!/bin/bash", `exec ${real} "$@"`);
  made["the runbook's template"] = script(folder, "template", "#!/bin/bash", `${template}exec ${real} "$@"`);
  for (const [title, routes] of [
    ["interpose, two routes", 2],
    ["interpose, a hundred routes", 100],
  ]) {
    made[title] = interception(folder, real, `${name}-${routes}`, routes, "native");
  }
  made["interpose as bash, two routes"] = interception(folder, real, `${name}-bash`, 2, "bash");
  return made;
}

/** One that answers by itself, so that nothing but its own instructions can be counted. */
export const makeDenying = (folder, name) =>
  interception(folder, join(folder, "real"), `${name}-deny`, 2, "native", {
    deny: { exit: 1, message: "not now" },
  });

// ---

function interception(
  folder,
  real,
  name,
  routes,
  runtime,
  usual = { append: ["--device", "cpu", "--compute_type", "int8"] },
) {
  const bin = join(folder, name);
  const file = join(folder, `${name}.yaml`);
  mkdirSync(bin);
  const route = (at) => ({
    name: `route-${at}`,
    when: `flag("--fast-${at}")`,
    append: ["--device", "cuda", "--compute_type", "float16"],
  });
  writeFileSync(
    file,
    JSON.stringify({
      name,
      binary: join(bin, "tool"),
      arguments: { withValue: ["--model", "--output"] },
      routes: [...Array.from({ length: routes - 1 }, (_, at) => route(at)), { name: "usual", ...usual }],
      always: { append: ["--threads", "4"] },
    }),
  );
  const form = runtime === "native" ? "file" : "bash";
  const wrapper = execFileSync(process.execPath, [tool, "compile", file, "--as", form], {
    maxBuffer: 1 << 24,
  });
  writeFileSync(join(bin, name), wrapper, { mode: 0o755 });
  linkSync(real, join(bin, "tool-real"));
  mkdirSync(join(bin, `.${name}.name`));
  symlinkSync(join(bin, "tool-real"), join(bin, `.${name}.name/tool`));
  symlinkSync(join(bin, name), join(bin, "tool"));
  return join(bin, "tool");
}

function script(folder, name, first, body) {
  const path = join(folder, name);
  writeFileSync(path, `${first}\n${body}\n`, { mode: 0o755 });
  return path;
}

export function compile(source, target, flags = []) {
  const path = join(import.meta.dirname, source);
  const { status, stderr, error } = spawnSync("gcc", ["-O2", ...flags, "-o", target, path], {
    encoding: "utf8",
  });
  if (error || status !== 0) throw new Error(`${source}: ${error?.message ?? stderr}`);
}
