/** The services that a file names, as they are on a host. */
import type { Host } from "../host/host.ts";
import { lookingScript, noAnswer } from "../host/script.ts";
import { quote } from "../wrapper/quote.ts";
import findPart from "./parts/find.sh?raw";
import managerPart from "./parts/manager.sh?raw";

export interface NamedService {
  /** As the file has it. */
  name: string;
  /** `none`: nothing of that name was found. */
  kind: "unit" | "user-unit" | "supervisor" | "cron" | "none";
  /** What it is called there: the unit with its ending, the program, the path of the table. */
  id: string;
  /** The control group of the manager that a unit belongs to. */
  root: string;
  /** Whom a cron table runs its jobs as. */
  users: number[];
  /** Whose manager has a unit: `system`, `self` for this user, or another user's number; empty for what is no unit. */
  owner: string;
  /** What systemd says of a unit: properties by name. */
  properties: Record<string, string>;
}

export const findParts = [managerPart, findPart];

/** @throws InterposeError (exit 3) when the host doesn't answer as it should */
export async function findServices(host: Host, names: string[]): Promise<NamedService[]> {
  const calls = [...names.map((name) => `find_service ${quote(name)}`), "printf 'end\\0'"];
  const ran = await host.run(lookingScript(findParts, calls));
  const fields = ran.stdout.toString("utf8").split("\0");
  if (fields.length !== names.length * 8 + 2 || fields.at(-2) !== "end") throw noAnswer(host, ran);
  return names.map((name, index) => {
    const [, , kind = "none", id = "", root = "", users = "", shown = "", owner = ""] = fields.slice(
      8 * index,
    );
    return {
      name,
      kind: kind as NamedService["kind"],
      id,
      root: root.replace(/\/$/, ""),
      users: users.split("\n").filter(Boolean).map(Number),
      owner,
      properties: propertiesOf(shown),
    };
  });
}

// ---

function propertiesOf(shown: string): Record<string, string> {
  const pairs = shown.split("\n").map((line) => line.split("=") as [string, ...string[]]);
  return Object.fromEntries(pairs.map(([name, ...value]) => [name, value.join("=")]));
}
