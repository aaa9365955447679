/** What can be said about a binary before it is touched. */
import type { Host } from "../host/host.ts";
import type { HostFacts, PathFacts } from "../host/look.ts";
import { othersFunctions, othersParts } from "../host/others.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";

/** The path that a shell of that host finds under a name; nothing when there is none. */
export async function findByName(host: Host, name: string): Promise<string | undefined> {
  const script = [
    "main() {",
    "\tPATH=$PATH:/usr/local/bin:/usr/bin:/bin",
    `\tcommand -v -- ${quote(name)} || command -v ${quote(name)}`,
    "}",
    "main </dev/null",
    "",
  ].join("\n");
  const { stdout } = await host.run(script);
  const [path = ""] = stdout.toString("utf8").split("\n");
  return path.startsWith("/") ? path : undefined;
}

/** Rows for people: type, link, mode, version, package. */
export async function describeBinary(
  host: Host,
  path: PathFacts,
  facts: HostFacts,
): Promise<[string, string][]> {
  const rows: [string, string][] = [["path", path.path]];
  if (path.link !== "") rows.push(["link", `to ${path.link}, which is ${path.resolved}`]);
  rows.push(["type", typeOf(path)]);
  if (path.id) rows.push(["owner", `${path.id.owner}, mode ${path.id.mode}, ${path.id.size} bytes`]);
  // What else there is may do its job whatever it is asked.
  const asked = facts.packages.has(path.path) ? (facts.probes.get(path.path) ?? []) : [];
  const version = asked.length > 0 ? await versionOf(host, path.path, asked) : "";
  if (version !== "") rows.push(["version", version]);
  const owner = facts.packages.get(path.path)?.name;
  rows.push(["package", owner ?? "none owns it"]);
  return rows;
}

// ---

function typeOf({ firstLine }: PathFacts): string {
  if (firstLine.startsWith("\u007fELF")) return "ELF program";
  if (firstLine.startsWith("#!")) return `script for ${firstLine.slice(2).trim()}`;
  return "neither an ELF program nor a script with a first line";
}

/** The first line that it prints when asked for its version, or for help. */
async function versionOf(host: Host, path: string, asked: readonly string[]): Promise<string> {
  const script = [
    ...othersParts,
    ...othersFunctions([], [path]),
    "main() {",
    "\tfind_prober",
    `\tfor argument in ${quoteAll(asked)}; do`,
    `\t\tanswer=$(cd / && as_prober timeout 10 ${quote(path)} "$argument" 2>/dev/null | head -n 1)`,
    '\t\tif [ -n "$answer" ]; then printf "%s" "$answer"; return 0; fi',
    "\tdone",
    "}",
    "main </dev/null",
    "",
  ].join("\n");
  const { stdout } = await host.run(script);
  return stdout.toString("utf8").slice(0, 200);
}
