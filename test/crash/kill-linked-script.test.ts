import { killTests } from "./kill.ts";

killTests("script behind a link", ["yes"]);
