/** Scripts are made of parts that don't know of each other, and a shell takes the last function of a name. */
import { expect, test } from "vitest";
import { doctorParts } from "../src/doctor/look.ts";
import { renderExport } from "../src/export/script.ts";
import standingPart from "../src/foreign/parts/standing.sh?raw";
import { lookParts } from "../src/host/look.ts";
import { logParts } from "../src/log/files.ts";
import { usesParts } from "../src/services/look.ts";
import { findParts } from "../src/services/named.ts";
import { restartParts } from "../src/services/restart.ts";
import { loadSpec } from "../src/spec/load.ts";

const loaded = loadSpec(Buffer.from("binary: /opt/tool\nalways: { append: [a] }\n"), "/tool-wrapper.yaml");

test.each(
  Object.entries({
    look: [...lookParts, standingPart],
    doctor: [...lookParts, ...doctorParts],
    services: usesParts,
    find: findParts,
    restart: [...logParts, ...restartParts],
    export: [renderExport(loaded)],
  }),
)("no two functions of %s have one name", (_, parts) => {
  const names = parts.flatMap((part) => [...part.matchAll(/^(\w+)\(\) /gm)].map(([, name]) => name));
  expect(names.filter((name, at) => names.indexOf(name) < at)).toEqual([]);
  expect(names.length).toBeGreaterThan(2);
});
