/**
 * Repeats a whole visit as a new user: registers, activates, browses, buys, sells, and logs out.
 * Without a shop in the target file, a visit logs in, reads, writes and logs out.
 */
import { check, group, sleep } from 'k6';
import type { Options } from 'k6/options';
import { Finder } from '../verify/core/response/finder.ts';
import { type Run, type Session, type SummaryData, verified } from './lib/k6.ts';
import { loadOf } from './shared/load.ts';
import { tokenMailedTo } from './shared/mailbox.ts';
import { uploadWith } from './shared/upload.ts';

const { target, thresholds, start, end, session, newcomer, guarded, summary } = verified('journey');
const { users, duration, rate, think, errors, p95, dropped } = loadOf(__ENV);
const { shop, pages = [], probes, signedIn } = target;
const home = probes[0]?.read.path ?? signedIn.page;

export const options: Options = {
  // Without RATE, each user begins its next visit as soon as the previous visit has ended.
  ...(rate === undefined
    ? { vus: users, duration }
    : {
        scenarios: {
          load: {
            executor: 'constant-arrival-rate',
            rate,
            duration,
            preAllocatedVUs: users,
            maxVUs: users,
          },
        },
      }),
  thresholds: {
    ...thresholds,
    http_req_failed: [`rate<=${errors}`],
    'http_req_duration{phase:load}': [`p(95)<${p95}`],
    dropped_iterations: [`rate<=${dropped * (rate ?? 0)}`],
  },
};

export function setup(): Run {
  return start();
}

export default guarded((run: Run) => {
  const s = shop === undefined ? session(run) : session(run, newcomer(run));
  if (shop === undefined) s.login();
  else s.register(shop.register, 'Customer', shop.activation, tokenMailedTo);

  group('browse', () => {
    for (const path of shop === undefined ? pages : [shop.browse, ...pages]) read(s, path);
  });
  group('basket', () => {
    for (let i = 0; i < 4; i++) {
      pausing(s, () => void (i < 2 ? s.add() : s.remove()));
      read(s, home);
    }
  });
  if (shop !== undefined) group('buy and sell', () => buyAndSell(s, `${run.run.canary}.`, shop));
  if (s.alive) s.logout();
});

/** Does not use the canary as a card's text, because all users see the cards for sale. */
function buyAndSell(s: Session, canary: string, requests: NonNullable<typeof shop>): void {
  const { checkout, owned, picture, sell } = requests;
  const [probe] = probes;
  if (probe === undefined) return;
  pausing(s, () => void s.add(`card ${Math.floor(s.random() * 1e9)}`));
  read(s, home);
  pausing(s, () => {
    s.submit({ action: 'clear', probe }, checkout);
    s.items = [];
  });
  const page = read(s, home);
  const card = page?.includes(canary) === false ? new Finder(owned).first(page) : undefined;
  if (card !== undefined && picture !== undefined && page?.includes(picture.sign))
    pausing(s, () => s.illustrate(picture, card, uploadWith));
  if (card !== undefined) pausing(s, () => void s.submit({ action: 'set' }, sell, { value: card }));
  read(s, home);
}

function pausing(s: Session, act: () => void): void {
  if (!s.alive) return;
  sleep(think[0] + (think[1] - think[0]) * s.random());
  act();
}

function read(s: Session, path: string): string | null {
  let page: string | null = null;
  pausing(s, () => {
    const response = s.get(path);
    check(response, { 'status is 200': ({ status }) => status === 200 });
    page = response.body;
  });
  return page;
}

export function teardown(run: Run): void {
  end(run);
}

export function handleSummary(data: SummaryData): Record<string, string> {
  return summary(data);
}
