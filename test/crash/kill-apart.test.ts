import { killTests } from "./kill.ts";

killTests("program", ["yes"], { names: "apart" });
