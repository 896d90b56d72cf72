/** Lets the reader move the timeline by pointer, mouse wheel and keyboard. */
import type { Lanes } from './lanes.ts';
import type { ViewState } from './state.ts';

export function listen(
  state: ViewState,
  lanes: Lanes,
  scroller: HTMLElement,
  canvas: HTMLCanvasElement,
): void {
  pointers(state, lanes, canvas);
  scroller.addEventListener('scroll', () => state.onChange(), { passive: true });
  scroller.addEventListener(
    'wheel',
    event => {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey)
        state.zoom(Math.exp(event.deltaY / 200), lanes.share(event.offsetX));
      else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) state.pan(sideways / 1000);
      else return;
      event.preventDefault();
    },
    { passive: false },
  );
  scroller.addEventListener('keydown', event => {
    const act = KEYS[event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    act(state);
    event.preventDefault();
  });
}

const KEYS: Record<string, (state: ViewState) => void> = {
  ArrowLeft: state => state.pan(-0.1),
  ArrowRight: state => state.pan(0.1),
  '+': state => state.zoom(0.7),
  '=': state => state.zoom(0.7),
  '-': state => state.zoom(1.4),
  '0': state => state.all(),
  n: state => anomaly(state, 1),
  p: state => anomaly(state, -1),
  '.': state => step(state, 1),
  ',': state => step(state, -1),
  Escape: state => state.choose(undefined),
};

/** Shows the next or previous anomaly, in order of time. */
export function anomaly(state: ViewState, by: 1 | -1): void {
  const all = state.facts.anomalies
    .filter(({ guarantee }) => state.filters.guarantee === '' || guarantee === state.filters.guarantee)
    .toSorted((a, b) => a.at - b.at);
  const now = all.findIndex(({ request }) => request === state.chosen?.request);
  const next = all[(now + by + (now < 0 && by < 0 ? 1 : 0) + all.length) % all.length];
  if (next !== undefined) state.anomaly(next);
}

/** If no request is chosen, chooses the first visible request of the top session. */
function step(state: ViewState, by: 1 | -1): void {
  const { chosen, rows } = state;
  const ops = chosen?.session.ops ?? rows[0]?.ops ?? [];
  const next = chosen === undefined ? ops.find(op => op.end >= state.from) : ops[ops.indexOf(chosen) + by];
  if (next !== undefined) state.choose(next);
}

/** One pointer pans, two pointers zoom, and a click chooses a request or a session. */
function pointers(state: ViewState, lanes: Lanes, canvas: HTMLCanvasElement): void {
  const down = new Map<number, { x: number; y: number }>();
  let moved = 0;
  canvas.addEventListener('pointerdown', event => {
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    moved = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', event => {
    const last = down.get(event.pointerId);
    if (last === undefined) {
      canvas.style.cursor = lanes.at(event.offsetX, event.offsetY) === undefined ? 'grab' : 'pointer';
      return;
    }
    const dx = event.offsetX - last.x;
    moved += Math.abs(dx) + Math.abs(event.offsetY - last.y);
    const [other] = [...down].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    if (other !== undefined) {
      const before = Math.max(10, Math.abs(last.x - other.x));
      const after = Math.max(10, Math.abs(event.offsetX - other.x));
      state.zoom(before / after, lanes.share((event.offsetX + other.x) / 2));
    } else if (moved > 4) state.pan(-dx / Math.max(1, canvas.clientWidth - lanes.names));
    down.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  });
  const up = (event: PointerEvent): void => {
    const known = down.delete(event.pointerId);
    if (!known || moved > 4 || event.type === 'pointercancel') return;
    const session = lanes.nameAt(event.offsetX, event.offsetY);
    if (session !== undefined) state.follow(session);
    else state.choose(lanes.at(event.offsetX, event.offsetY));
  };
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('dblclick', event => state.zoom(0.4, lanes.share(event.offsetX)));
}
