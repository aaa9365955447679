/** Puts a wrapper in place as apply does, without a plan: for tests of the wrapper alone. */
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import type { Log } from "../../src/policy/policy.ts";
import { loadSpec } from "../../src/spec/load.ts";
import { type Layout, layoutOf } from "../../src/spec/spec.ts";
import { compileWrapper } from "../../src/wrapper/compile.ts";
import { bytesOf, type Wrapper } from "../../src/wrapper/wrapper.ts";
import { nativeHere } from "./install.ts";

export interface Placement {
  /** The file's text, YAML. */
  file: string;
  keepName: boolean;
  /** The program with the policy behind it, instead of the script. */
  native?: boolean;
  /** What is other than usual of its log, also what no file can say. */
  log?: Partial<Log>;
  /** Another text instead of the script's, or a part of it. */
  change?: (text: string, layout: Layout) => string;
}

export function placeByHand({
  file,
  keepName,
  native = false,
  log = {},
  change = (text) => text,
}: Placement): Layout {
  const source = "/etc/interpose/by-hand.yaml";
  const loaded = loadSpec(Buffer.from(file), source);
  const { spec } = loaded;
  const policy = { ...loaded.policy, log: { ...loaded.policy.log, ...log } };
  const layout = layoutOf(spec);
  const wrapper: Wrapper = native
    ? nativeHere({ policy, layout, named: keepName, source, file, version: "0.0.0" })
    : { runtime: "bash", text: change(compileWrapper({ policy, layout, keepName, source }), layout) };
  writeFileSync(layout.wrapper, bytesOf(wrapper), { mode: 0o755 });
  if (keepName) {
    mkdirSync(layout.nameFolder);
    symlinkSync(layout.real, layout.namedReal);
  }
  // Of a symbolic link this makes a second link, not a second name of its target.
  linkSync(layout.binary, layout.real);
  symlinkSync(layout.wrapper, `${layout.binary}.next`);
  renameSync(`${layout.binary}.next`, layout.binary);
  return layout;
}
