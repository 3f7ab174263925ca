/** Throws one error with every fault, or returns where there is none. */
export function raise(place: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new Error([`${place}:`, ...faults].join("\n  "));
}
