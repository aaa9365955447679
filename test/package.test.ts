/** What `npm pack` makes is complete, and works when it is installed into an empty folder. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
let folder = "";
let tarball = "";

const run = (program: string, args: string[], cwd = folder) => {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  return { status, stdout, stderr };
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "interpose-package-"));
  // The build was made before the tests; a second one here would take dist/ away from those that run meanwhile.
  const packed = run("npm", [
    "pack",
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    folder,
    process.cwd(),
  ]);
  expect(packed.status, packed.stderr).toBe(0);
  tarball = join(folder, JSON.parse(packed.stdout)[0].filename);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("publint has nothing to say", async () => {
  const { messages } = await publint({
    pack: { tarball: toArrayBuffer(readFileSync(tarball)) },
  });
  expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
});

test("it is installed from its tarball into an empty folder, without a network, and works", () => {
  const empty = join(folder, "empty");
  run("mkdir", [empty]);
  writeFileSync(join(empty, "package.json"), "{}");
  const installed = run("npm", ["install", "--offline", "--no-audit", "--no-fund", tarball], empty);
  expect(installed.status, installed.stderr).toBe(0);
  const interpose = join(empty, "node_modules/.bin/interpose");
  expect(run(interpose, ["--version"]).stdout).toBe(`${manifest.version}\n`);
  writeFileSync(
    join(empty, "echo.yaml"),
    "binary: /usr/local/bin/some-echo\nalways: { append: [one, two] }\n",
  );
  const explained = run(interpose, ["explain", "echo.yaml", "--json", "--", "zero"], empty);
  expect(JSON.parse(explained.stdout)).toMatchObject({
    route: null,
    argv: ["zero", "one", "two"],
    facts: {},
  });
  const schema = JSON.parse(readFileSync(join(empty, "node_modules/interpose/dist/schema.json"), "utf8"));
  expect(Object.keys(schema.properties)).toContain("routes");
  expect(run("ls", ["node_modules"], empty).stdout.trim()).toBe("interpose");
});

test("the code of others that is bundled has its licences beside it", () => {
  const notices = readFileSync("dist/licences.txt", "utf8");
  for (const name of ["commander", "yaml", "zod", "@marcbachmann/cel-js", "@clack/prompts", "picocolors"]) {
    expect(notices).toContain(`${name} `);
  }
});

test("no dependency is wanted at run time, as all is bundled", () => {
  expect(manifest.dependencies).toBeUndefined();
});

// ---

const toArrayBuffer = (buffer: Buffer): ArrayBuffer => new Uint8Array(buffer).buffer;
