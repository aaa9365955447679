/** One interception with all that doctor knows about it; what the rules look at. */
import type { HostFacts } from "../host/look.ts";
import type { Interception } from "../state/manifest.ts";
import type { DoctorFacts, Surroundings } from "./facts.ts";

export interface Patient {
  interception: Interception;
  facts: HostFacts;
  around: Surroundings;
  bash: DoctorFacts["bash"];
  clock: DoctorFacts["clock"];
  others: DoctorFacts["others"];
  /** When the path was swapped for the first time, in seconds; absent when it never was. */
  swapped: number | undefined;
  /** When it was last put in place. */
  since: number | undefined;
  /** Whether the log has a call since then. */
  calledSince: boolean;
  /** Whether the file of the interception still says what is in place. */
  fileInPlace: boolean;
}
