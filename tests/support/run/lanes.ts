/**
 * Takes out what a lane runs next: the first of its own parts; after those the last of the lane that has most of them left, so
 * that no lane ends long before the others. Pure but for that.
 *
 * @param lanes what is left of each, in order
 */
export function takeNext<Part>(lanes: readonly Part[][], own: number): Part | undefined {
  const fullest = lanes.reduce((most, lane) => (lane.length > most.length ? lane : most), []);
  return lanes[own]?.shift() ?? fullest.pop();
}
