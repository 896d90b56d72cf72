/**
 * What a customer does from the first page to the last: registers, browses, fills a basket, checks out, sells a card,
 * logs out. Without a shop in the target, it logs in, reads, writes and logs out.
 */
import { Finder } from '../verify/core/finder.ts';
import { accountOf, newcomer } from './lib/accounts.ts';
import type { App, Shop } from './lib/app.ts';
import { script } from './lib/script.ts';
import { Session } from './lib/session.ts';
import { put, take, think } from './lib/steps.ts';
import type { VirtualUser } from './lib/virtual-user.ts';

interface Customers {
  vu: VirtualUser;
  /** How many there were. */
  number: number;
}

const { options, setup, iteration, warmUp, teardown, handleSummary } = script<Customers>({
  name: 'journey',
  begin: vu => ({ vu, number: 0 }),
  iterate(customers) {
    const session = arrives(customers);
    const { app } = session.vu;
    for (const step of stepsOf(app)) {
      if (!session.alive) return;
      think(session);
      step(session);
    }
  },
});

export { handleSummary, options, setup, teardown, warmUp };
export default iteration;

function arrives(customers: Customers): Session {
  const { vu } = customers;
  const { app, shared, number } = vu;
  customers.number++;
  if (app.shop === undefined) {
    const session = new Session(vu, accountOf(app.accounts, number));
    session.login();
    return session;
  }
  const account = newcomer(shared.run.canary, number, customers.number);
  const session = new Session(vu, account);
  session.register(app.shop.register, `Customer ${customers.number}`);
  return session;
}

type Step = (session: Session) => void;

function stepsOf({ shop, logout, pages = [] }: App): Step[] {
  const basket: Step[] = [put, read, put, read, take, read, take, read];
  return [
    ...(shop === undefined ? [] : [(session: Session) => void session.look(shop.browse)]),
    ...pages.map(path => (session: Session) => void session.look(path)),
    ...basket,
    ...(shop === undefined ? [] : buying(shop)),
    ...(logout === undefined ? [] : [(session: Session) => session.logout(logout, false, 0)]),
  ];
}

function read(session: Session): void {
  session.read();
}

/** The card that is sold has words of its own: what is for sale is shown to everybody, and a canary is private. */
function buying({ checkout, owned, sell }: Shop): Step[] {
  const cards = new Finder(owned);
  return [
    session => put(session, `card ${session.vu.nextValue()}`),
    read,
    session => {
      const [probe] = session.vu.app.probes;
      if (probe !== undefined) session.submit({ action: 'clear', probe }, checkout);
      session.items = [];
    },
    read,
    session => {
      const value = cards.first(session.response?.body ?? '');
      if (value !== undefined) session.submit({ action: 'set' }, sell, { value });
    },
    read,
  ];
}
