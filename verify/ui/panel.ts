/** Shows the legend, and details of the chosen request. Texts from the app never become markup. */
import { is, type Op } from './data.ts';
import { paintOf } from './paint.ts';
import { statusOf, type ViewState } from './state.ts';

export function element(
  name: string,
  inside: readonly (string | Node)[],
  set: Record<string, string> = {},
): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(set)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

function button(text: string, act: () => void): HTMLElement {
  const made = element('button', [text], { type: 'button' });
  made.addEventListener('click', act);
  return made;
}

function factsOf(op: Op, { facts }: ViewState): [name: string, value: string][] {
  const mark = facts.anomalies.find(({ request }) => request === op.request);
  const identity = is(op, 'in') ? 'signed in' : is(op, 'out') ? 'signed out' : '';
  const seen = [identity, op.sawUser && `as ${op.sawUser}`, op.detail].filter(part => part !== '').join(' ');
  const time = Number.isFinite(op.end)
    ? `${(op.call / 1e6).toFixed(5)} s to ${(op.end / 1e6).toFixed(5)} s (${((op.end - op.call) / 1e3).toFixed(2)} ms)`
    : `${(op.call / 1e6).toFixed(5)} s, never returned`;
  const rows: [string, string][] = [
    ['request', `${op.action} ${op.path}`],
    ['response', [op.note || String(op.status || 'none'), statusOf(op)].join(', ')],
    [
      'instance',
      op.instance === '' ? 'not named' : `${op.instance}${op.source && `, named by ${op.source}`}`,
    ],
    ['time', time],
    ['session', `${op.session.name}, user ${op.session.user}`],
    ['object', op.object],
    [
      'cookies',
      op.with === ''
        ? is(op, 'cookie')
          ? 'those of the session; the response sets a new one'
          : 'those of the session'
        : op.with,
    ],
    ['seen', mark === undefined ? seen : ''],
    ['expected', mark?.expected ?? ''],
    ['came', mark?.came ?? ''],
    ['sent', is(op, 'direct') ? 'directly to the instance' : ''],
    ['request id', op.request],
  ];
  return rows.filter(([, value]) => value !== '');
}

export function showFacts(state: ViewState, box: HTMLElement): void {
  const { chosen } = state;
  box.replaceChildren();
  if (chosen === undefined) return;
  const mark = state.facts.anomalies.find(({ request }) => request === chosen.request);
  const rows = factsOf(chosen, state).map(([name, value]) =>
    element('div', [element('dt', [name]), element('dd', [value])], {
      class: `${name === 'expected' ? 'violated' : ''}${value.length > 80 ? ' long' : ''}`,
    }),
  );
  const follow = button(`Follow session ${chosen.session.name}`, () => state.follow(chosen.session));
  const close = button('Close', () => state.choose(undefined));
  const proof =
    mark === undefined || mark.id === 'live'
      ? []
      : [element('a', [`Proof of ${mark.name}`], { href: `#${mark.id}` }), ' '];
  box.append(element('dl', rows), element('p', [...proof, follow, ' ', close]));
}

export function showLegend(state: ViewState, box: HTMLElement): void {
  const paint = paintOf();
  const swatch = (colour: string, text: string): HTMLElement => {
    const dot = element('i', []);
    dot.style.background = colour;
    return element('span', [dot, text]);
  };
  box.replaceChildren(
    ...state.data.instances.map((name, i) => swatch(paint.instance(i), name)),
    swatch(paint.bad, 'no response, or 5xx'),
    swatch(paint.text, 'signed out'),
    ...(state.data.faults.length === 0 ? [] : [swatch(paint.band, 'fault')]),
    element('span', ['▲ login  ▼ logout  ◆ new cookie  ✕ session lost or expired']),
  );
}
