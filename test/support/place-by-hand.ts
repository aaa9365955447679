/** Puts a wrapper in place as apply does, without a plan: for tests of the wrapper alone. */
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { loadSpec } from "../../src/spec/load.ts";
import { type Layout, layoutOf } from "../../src/spec/spec.ts";
import { compileWrapper } from "../../src/wrapper/compile.ts";

export interface Placement {
  /** The file's text, YAML. */
  file: string;
  keepName: boolean;
  /** Another text instead of the wrapper's, or a part of it. */
  change?: (text: string, layout: Layout) => string;
}

export function placeByHand({ file, keepName, change = (text) => text }: Placement): Layout {
  const source = "/etc/interpose/by-hand.yaml";
  const { spec, policy } = loadSpec(Buffer.from(file), source);
  const layout = layoutOf(spec);
  const text = compileWrapper({ policy, layout, keepName, source });
  writeFileSync(layout.wrapper, change(text, layout), { mode: 0o755 });
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
