/** What a terminal, a shell or a service sees of a call: each scene is played by scenes.c. */
import { constants } from "node:os";
import { at, type Group, type Point, type Step, usualEntries } from "./point.ts";

const scene = (title: string, name = title, number?: number, ...steps: Step[]): Point => ({
  title,
  scene: name,
  ask: { words: number === undefined ? [] : [`${number}`], steps },
});
const { SIGTERM, SIGHUP, SIGQUIT, SIGINT } = constants.signals;

export const terminalGroup = (home: string): Group => ({
  name: "terminal",
  points: [
    {
      title: "COLUMNS and LINES are others",
      ask: { environment: [...usualEntries(home), "COLUMNS=40", "LINES=10"], steps: [["terminal", ""]] },
    },
    scene("typed ahead"),
    at("size, modes, controlling terminal", ["terminal", ""]),
    scene("Ctrl-C"),
    scene("Ctrl-\\"),
    scene("Ctrl-Z, in a session of its own", "Ctrl-Z"),
    scene("read in the background, fg", "background"),
    scene("hangup"),
    scene("Ctrl-C at once"),
  ],
});

const deaths = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGKILL", "SIGTERM"] as const;

export const behaviourGroup: Group = {
  name: "behaviour",
  points: [
    scene("exit status 0 to 255", "statuses"),
    ...deaths.map(
      (name): Point => ({
        title: `death by ${name.slice(3)}`,
        ended: name,
        ask: { words: ["die", `${constants.signals[name]}`] },
      }),
    ),
    scene("death by all others", "deaths"),
    scene("TERM at once", "at once", SIGTERM),
    scene("HUP at once", "at once", SIGHUP),
    scene("QUIT at once", "at once", SIGQUIT),
    scene("INT at once", "at once", SIGINT),
    scene("TERM at once, ignored", "at once, to the end", SIGTERM, ["ignore", `${SIGTERM}`]),
    scene("TERM at once, blocked", "at once, to the end", SIGTERM, ["block", `${SIGTERM}`]),
    scene("stopped and continued", "stopped"),
    scene("stopped and continued at once", "stopped at once"),
    scene("stdin: what isn't read stays in the pipe", "rest"),
    scene("16 MiB to stdout", "much"),
    scene("death by a closed pipe", "closed pipe"),
    scene("30 at once", "thirty"),
  ],
};
