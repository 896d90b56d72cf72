/** The bundled card store. k6 reads no YAML, so this repeats baton.yaml; a test checks that the two agree. */
import type { App } from './app.ts';

const QUIET = [
  'stop',
  'restart',
  'rolling-restart',
  'replace-oldest',
  'scale-out',
  'scale-in',
  'secret-rotation',
  'balancer-reload',
  'instance-out',
];
const BUDGETS = {
  survival: 1,
  faults: Object.fromEntries(QUIET.map(fault => [fault, { errors: 0 }])),
};

export const CARD_STORE: App = {
  name: 'card store',
  url: 'http://127.0.0.1:8080',
  accounts: [{ user: 'user{n}@example.test', password: 'correct-horse-battery', count: 500 }],
  login: {
    page: '/login',
    path: '/login',
    form: { email: '{user}', password: '{password}', _csrf: '{csrf}' },
  },
  csrf: 'name="_csrf" value="([^"]*)"',
  signedIn: { page: '/dashboard', user: '<body[^>]* data-user="([^"]*)"' },
  probes: [
    {
      object: 'basket',
      scope: 'session',
      read: { path: '/dashboard', items: 'data-item="([^"]*)"' },
      add: { path: '/basket/items', form: { item: '{value}', _csrf: '{csrf}' } },
      remove: { path: '/basket/remove', form: { item: '{value}', _csrf: '{csrf}' } },
    },
  ],
  logout: { path: '/logout', form: { _csrf: '{csrf}' } },
  instance: { header: 'x-instance-id' },
  cookies: ['sid', '__Host-sid'],
  claims: [
    'continuity',
    'isolation',
    'routing',
    'read-your-writes',
    'monotonic-reads',
    'availability',
    'logout-final',
  ],
  // No request may fail while one of these faults replaces an instance (baton.yaml).
  budgets: BUDGETS,
  shop: {
    register: {
      page: '/register',
      path: '/register',
      form: { email: '{user}', name: '{name}', password: '{password}', _csrf: '{csrf}' },
    },
    browse: '/market',
    checkout: { path: '/basket/checkout', form: { _csrf: '{csrf}' } },
    owned: 'data-card="([^"]*)"',
    sell: { path: '/cards/{value}/list', form: { price: '5', _csrf: '{csrf}' } },
  },
};
