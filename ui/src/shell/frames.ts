const HIDDEN = 1000; // milliseconds

/** Calls `flush` with the next frame, or after `pause` milliseconds; what is returned takes that back. A tab that is not
 * seen has no frames: without an end, changes that wait for one would pile up. */
export function nextFrame(flush: () => void, pause = 0): () => void {
  let frame = 0;
  const takeBack = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const go = () => {
    takeBack();
    flush();
  };
  const timer = setTimeout(go, pause || HIDDEN);
  if (pause === 0) frame = requestAnimationFrame(go);
  return takeBack;
}
