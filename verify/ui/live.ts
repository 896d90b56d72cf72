/** Follows a run in progress: adds requests from the server, and loads the report at the end. */
import type { LiveNews } from '../reports/view/chunk.ts';
import { inflate } from './data.ts';
import { element } from './panel.ts';
import type { ViewState } from './state.ts';

/** @param redraw draws the page; called after new requests */
export function followRun(state: ViewState, redraw: () => void): void {
  const source = new EventSource('events');
  // Decompression is asynchronous, so chunks are added one after another: each continues the previous one.
  let last: Promise<void> = Promise.resolve();
  source.addEventListener('message', event => {
    const { run, about, chunk, anomalies } = JSON.parse(event.data) as LiveNews;
    last = last.then(async () => {
      state.facts.run = run;
      state.data.run = run;
      const following = state.until >= state.data.until && state.focus.length === 0;
      state.data.add(await inflate(chunk));
      state.facts.anomalies = anomalies;
      show(state, about);
      if (following) state.all();
      else state.select();
      redraw();
    });
  });
  // After the run, the server serves the report at the address of this page.
  source.addEventListener('end', () => {
    source.close();
    location.replace(location.pathname);
  });
}

function show(state: ViewState, about: string): void {
  const { data, facts } = state;
  const { plots } = data;
  const sum = (counts: readonly number[] = []): number => counts.reduce((total, count) => total + count, 0);
  const live = sum(plots?.born) - sum(plots?.ended);
  const instances = (plots?.instances ?? []).map(
    (name, i) => `${name || 'not named'} ${sum(plots?.requests[i]).toLocaleString('en')}`,
  );
  const text = [
    `${sum(plots?.requests.flat()).toLocaleString('en')} requests (${instances.join(', ')})`,
    `${live} live sessions`,
    `${sum(plots?.lost)} lost`,
    `${sum(plots?.failed.flat())} errors`,
  ];
  const get = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
  get('live-about').textContent = about;
  get('live-counts').textContent = text.join(', ');
  get('live').className = `banner ${facts.anomalies.some(({ claimed }) => claimed) ? 'violated' : 'valid'}`;
  get('live-anomalies').replaceChildren(
    ...facts.anomalies
      .slice(0, 8)
      .map(({ name, guarantee, session, summary, at }) =>
        element('li', [
          element('strong', [name]),
          ` ${guarantee}, session ${session}, ${(at / 1e6).toFixed(2)} s: ${summary}`,
        ]),
      ),
  );
}
