/** The bundled card store, as baton.yaml describes it (a test holds the two together). k6 reads no YAML. */
import type { Pages } from '../../verify/core/interpret.ts';

/** One request that a form makes. */
export interface FormRequest {
  path: string;
  form: Readonly<Record<string, string>>;
}

/** What a script must know of the app under load. */
export interface App extends Pages {
  name: string;
  login: Pages['login'] & FormRequest;
  /** The page that shows who is signed in, and the state of the object. */
  dashboard: string;
  object: string;
  add: FormRequest;
  remove: FormRequest;
}

export const CARD_STORE: App = {
  name: 'card store',
  login: {
    page: '/login',
    path: '/login',
    form: { email: '{user}', password: '{password}', _csrf: '{csrf}' },
  },
  csrf: 'name="_csrf" value="([^"]*)"',
  signedIn: { user: '<body[^>]* data-user="([^"]*)"' },
  dashboard: '/dashboard',
  object: 'basket',
  probes: [{ object: 'basket', read: { items: 'data-item="([^"]*)"' } }],
  add: { path: '/basket/items', form: { item: '{value}', _csrf: '{csrf}' } },
  remove: { path: '/basket/remove', form: { item: '{value}', _csrf: '{csrf}' } },
  instance: { header: 'x-instance-id' },
};
