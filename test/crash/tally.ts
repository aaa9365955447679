/** What is counted while runs are disturbed. */
export interface Tally {
  /** System calls that changed something, in a run that nothing disturbed. */
  operations: number;
  /** How many runs were disturbed. */
  cuts: number;
  calls: number;
  missed: number;
  lost: number;
}
