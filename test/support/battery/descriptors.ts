/** What is open, locked or closed. */
import { at, type Group, type Point, type Step, toldByFile } from "./point.ts";

const O_APPEND = 0o2000;
const O_NONBLOCK = 0o4000;

export function descriptorGroup(home: string): Group {
  const open = (...numbers: number[]): Step[] =>
    numbers.map((number) => ["open", `${number} ${home}/inherited`]);
  const close = (...numbers: number[]): Step[] => numbers.map((number) => ["close", `${number}`]);
  const range = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const locked = (number: number): Point => ({
    title: `a lock of the process, on the file that is ${number}`,
    ask: {
      words: ["locks"],
      steps: [
        ["open", `${number} ${home}/locked`],
        ["lock", `${number}`],
      ],
    },
  });
  const kinds = ["socket", "event", "epoll", "timer", "memory", "inotify", "process", "path", "directory"];
  const points: Point[] = [
    at("none but three"),
    at("0 closed", ...close(0)),
    at("1 closed", ...close(1)),
    at("2 closed", ...close(2)),
    at("0, 1 closed", ...close(0, 1)),
    at("0, 2 closed", ...close(0, 2)),
    { title: "0, 1, 2 closed", ask: { words: toldByFile(home), steps: close(0, 1, 2) } },
    at("3 to 9 open", ...open(...range(3, 9))),
    at("10 to 20 open", ...open(...range(10, 20))),
    at("63 open", ...open(63)),
    at("255 open", ...open(255)),
    at("254 and 255 open", ...open(254, 255)),
    at("1000 open", ...open(1000)),
    at("0, 2 closed, 3 to 9 open", ...open(...range(3, 9)), ...close(0, 2)),
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255].map(locked),
    {
      title: "a lock of the open file",
      ask: {
        words: ["locks"],
        steps: [
          ["open", `3 ${home}/locked`],
          ["lock-open", "3"],
          ["open", `4 ${home}/whole`],
          ["lock-whole", "4"],
        ],
      },
    },
    at(
      "flags and offsets",
      ...open(3, 4, 0),
      ["flags", `3 ${O_APPEND | O_NONBLOCK}`],
      ["seek", "4 17"],
      ["flags", `0 ${O_NONBLOCK}`],
    ),
    at("all kinds", ...kinds.map((kind, index): Step => ["kind", `${index + 3} ${kind}`])),
    at("0 is a folder", ["kind", "0 directory"]),
    {
      title: "0 can only be written, 1 and 2 only read",
      ask: {
        words: toldByFile(home),
        steps: [
          ["kind", "0 writable"],
          ["kind", "1 readable"],
          ["kind", "2 readable"],
        ],
      },
    },
    {
      title: "1 and 2 are /dev/full",
      ask: {
        words: toldByFile(home),
        steps: [
          ["kind", "1 full"],
          ["kind", "2 full"],
        ],
      },
    },
    at("stderr is a pipe that nobody reads", ["deaf", "2"]),
  ];
  return { name: "descriptors", points };
}
