import { killTests } from "./kill.ts";

killTests("script", ["auto"], { exported: true });
