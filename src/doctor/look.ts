/** Facts about the interceptions of a host and their surroundings, found out by one script. */
import { standingAt } from "../foreign/standing.ts";
import type { Host } from "../host/host.ts";
import { complete, type HostFacts, look, lookParts } from "../host/look.ts";
import { parseFacts } from "../host/read-facts.ts";
import { lookingScript, noAnswer } from "../host/script.ts";
import readerPart from "../log/reader.sh?raw";
import { layoutOf } from "../spec/spec.ts";
import { interceptionsOf } from "../state/manifest.ts";
import { quote, quoteAll } from "../wrapper/quote.ts";
import { type DoctorFacts, plainWords } from "./facts.ts";
import callersPart from "./parts/callers.sh?raw";
import chainPart from "./parts/chain.sh?raw";
import doctorPart from "./parts/doctor.sh?raw";
import logPart from "./parts/log.sh?raw";
import processesPart from "./parts/processes.sh?raw";
import { factsOfRecords, type LookRecord } from "./records.ts";

/**
 * @param name of the interception; all of this user's when there is none
 * @throws InterposeError (exit 3) when the host doesn't answer as it should
 */
export async function lookClosely(
  host: Host,
  name?: string,
): Promise<{ facts: HostFacts; doctor: DoctorFacts }> {
  const seenOnce = await lookAtAll(host, name);
  const found = { ...seenOnce, facts: await complete(host, seenOnce.facts) };
  const callers = [...found.doctor.interceptions.values()].flatMap((around) => around.callers);
  const others = new Set(
    callers.filter(({ found, same }) => found !== "" && !same).map(({ found }) => found),
  );
  if (others.size === 0) return found;
  const seen = await look(host, { standings: [...others] });
  const standings = new Map([...others].map((path) => [path, standingAt(path, seen)]));
  return { ...found, doctor: { ...found.doctor, others: standings } };
}

/** What the script has beside that of every look. */
export const doctorParts = [readerPart, chainPart, callersPart, processesPart, logPart, doctorPart];

// ---

async function lookAtAll(
  host: Host,
  name: string | undefined,
): Promise<{ facts: HostFacts; doctor: DoctorFacts }> {
  const found = await lookOnce(host, [`examine_all ${quote(name ?? "")}`], []);
  // A list of paths that was lost or damaged is made up for.
  const { interceptions } = interceptionsOf(found.facts, layoutOf);
  const missed = interceptions.filter(({ manifest, layout }) => {
    if (name !== undefined && manifest.name !== name) return false;
    const seen = found.doctor.interceptions.get(manifest.name);
    const same = seen && seen.binary === layout.binary && seen.wrapper === layout.wrapper;
    return !same || seen.real !== layout.real || !found.facts.paths.has(layout.nameFolder);
  });
  if (missed.length === 0) return found;
  const again = missed.map(({ folder, layout: { binary, wrapper, real, nameFolder, namedReal } }) => [
    folder,
    ...[binary, wrapper, real, nameFolder, namedReal],
  ]);
  return lookOnce(
    host,
    [`examine_all ${quote(name ?? "")}`, ...again.map((words) => `examine ${quoteAll(words)}`)],
    again.flatMap(([, ...paths]) => paths),
  );
}

async function lookOnce(
  host: Host,
  examine: string[],
  paths: string[],
): Promise<{ facts: HostFacts; doctor: DoctorFacts }> {
  const script = lookingScript(
    [...lookParts, ...doctorParts, `wrapper_words() { look_wrapper "$@" ${quoteAll(plainWords)}; }`],
    [
      "look_machine",
      ...examine,
      "fact host",
      "look_host",
      "look_interceptions",
      "look_roots",
      "look_remains",
      ...paths.map((path) => `look_path ${quote(path)}`),
      "field end",
    ],
  );
  const ran = await host.run(script);
  const { records, rest } = recordsOf(ran.stdout.toString("utf8"));
  const facts = rest === undefined ? undefined : parseFacts(rest);
  if (!facts) throw noAnswer(host, ran);
  return { facts, doctor: factsOfRecords(records) };
}

/** What `fact` printed, up to the mark where the fields of look.sh begin. */
function recordsOf(printed: string): { records: LookRecord[]; rest: string | undefined } {
  const fields = printed.split("\0");
  const records: LookRecord[] = [];
  let at = 0;
  while (at + 1 < fields.length) {
    const [tag = "", count = ""] = fields.slice(at, at + 2);
    at += 2;
    if (tag === "host") return { records, rest: fields.slice(at).join("\0") };
    if (!/^\d+$/.test(count)) break;
    records.push({ tag, fields: fields.slice(at, at + Number(count)) });
    at += Number(count);
  }
  return { records, rest: undefined };
}
