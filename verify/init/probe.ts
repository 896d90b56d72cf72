/** Finds a form that stores a text and is safe to send. Guarantees about data need such a form. */
import { decodeHTML } from 'entities';
import type { Form, FormField } from '../client/page.ts';
import { finder } from '../core/response/finding.ts';
import type { HintedRequest } from './hints.ts';
import type { Token } from './login.ts';
import { type ListPlace, placeIn } from './place.ts';

import { isTokenField, tokenIn, tokenOf } from './tokens.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, REGISTER, UNSAFE } from './words.ts';
import { commonOf, filledWith } from './writes.ts';

export interface Candidate {
  /** Paths of pages that may show the stored text, the most likely one first. */
  pages: readonly string[];
  request: Omit<HintedRequest, 'method'> & { method?: HintedRequest['method'] };
  /** The form field for init's own text. */
  field: string;
}

export interface FoundProbe {
  object: string;
  scope: 'session' | 'user' | 'all';
  /** True if a read with the session cookies from before the writes shows the written values. */
  onServer?: true;
  read: { path: string; items: ListPlace };
  add: Candidate['request'] & { headers?: Record<string, string> };
}

const FREE = new Set(['text', 'textarea', 'search']);

/** Key: type of a required form field; value: what init sends in it. */
const FILLED: Readonly<Record<string, string>> = {
  text: 'baton',
  textarea: 'baton',
  email: 'baton@example.test',
  url: 'http://example.test/',
  tel: '0',
  number: '1',
  date: '2030-01-01',
  time: '12:00',
  'datetime-local': '2030-01-01T12:00',
};

/** `skipped`: forms that init does not send, with the reason for each. */
export interface Offer {
  candidates: Candidate[];
  skipped: string[];
}

/** Returns `/admin/` if all paths begin with /admin/, otherwise `/`. */
export function folderOf([first = '/', ...others]: readonly string[]): string {
  let folder = first.slice(0, first.lastIndexOf('/') + 1);
  while (folder !== '' && !others.every(path => path.startsWith(folder)))
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  return folder === '' ? '/' : folder;
}

/**
 * Returns the forms with an empty text field, except forms that may delete, pay, send mail or change who can log in.
 *
 * @param folder folder of the whole app, such as `/admin/`; its name does not count as a word of a form
 */
export function offered(
  visitor: Pick<Visitor, 'pathOf'>,
  pages: readonly PageVisit[],
  csrf: Token | undefined,
  folder = '/',
): Offer {
  const found: Candidate[] = [];
  const skipped = new Set<string>();
  for (const page of pages) {
    for (const form of page.forms.filter(({ method }) => method === 'POST')) {
      const path = visitor.pathOf(form.action, page.path);
      const why = path === undefined ? 'the form is sent to another host' : unfit(path, form, csrf, folder);
      if (path === undefined || why !== undefined) skipped.add(`POST ${path ?? form.action}: ${why}`);
      else found.push(candidateOf(page.path, path, form, csrf));
    }
  }
  const same = (one: Candidate, other: Candidate): boolean =>
    one.request.path === other.request.path && one.field === other.field;
  return {
    candidates: found.filter((one, i) => found.findIndex(other => same(one, other)) === i),
    skipped: [...skipped],
  };
}

function unfit(path: string, form: Form, csrf: Token | undefined, folder: string): string | undefined {
  const own = form.fields.filter(
    ({ name, unseen }) => unseen === undefined && !isTokenField(name, form.fields, csrf),
  );
  const all = [path, form.words, ...own.map(({ hint }) => hint)].join(' ').toLowerCase();
  const words = all.replaceAll(folder.toLowerCase(), '/');
  if (form.files) return 'the form may upload files';
  if (LOGIN.test(words) || REGISTER.test(words)) return 'the form logs in, registers or searches';
  const [unsafe] = UNSAFE.exec(words) ?? [];
  if (unsafe !== undefined) return `the form may do harm ("${unsafe}")`;
  const texts = form.fields.filter(isText);
  if (texts.length === 0) return 'the form has no text field';
  return texts.some(isEmpty) ? undefined : 'the form would overwrite a text';
}

const isText = ({ type, unseen }: FormField): boolean => FREE.has(type) && unseen === undefined;
const isEmpty = ({ value }: FormField): boolean => value.trim() === '';

function candidateOf(page: string, path: string, { fields }: Form, csrf: Token | undefined): Candidate {
  const free = fields.find(field => isText(field) && isEmpty(field)) as FormField;
  const values = fields.map(field => {
    if (field === free) return [field.name, '{value}'];
    if (isTokenField(field.name, fields, csrf)) return [field.name, '{csrf}'];
    const stays = field.value !== '' || field.unseen;
    return [field.name, stays ? field.value : (FILLED[field.type] ?? '')];
  });
  return { pages: [page], request: { path, form: Object.fromEntries(values) }, field: free.name };
}

/**
 * Returns a probe candidate for each hinted write.
 *
 * @param lists paths of JSON pages with a list, the most likely one first
 */
export const hintedCandidates = (hints: readonly HintedRequest[], lists: readonly string[]): Candidate[] =>
  hints.map(request => {
    const [field = 'value'] =
      /"([\w-]+)":"\{value\}"/.exec(JSON.stringify(request.json ?? request.form))?.slice(1) ?? [];
    const pages = [...new Set([...lists.filter(path => path === request.path), ...lists])];
    return { pages: pages.slice(0, READ_PAGES), request, field };
  });

const READ_PAGES = 4;

const READS = 6;

/** Pause before a second read, milliseconds, because a cache may have returned an old page. */
const CACHED = 2500;

/** Maximum number of retries of a refused write. */
const AGAIN = 2;

/** Maximum number of reads with a second session. Each instance of a broken app may keep its own values. */
const LOOKS = 3;

/** Opens sessions that show whether an object belongs to one session, one user or all users. */
export interface Others {
  same(): Promise<Visitor>;
  another(): Promise<Visitor | undefined>;
}

/**
 * Writes two values, and finds the page that shows them to the session and to further sessions. Reads the page again,
 * because a text that disappears was only a message.
 *
 * @returns undefined if no page shows the values; `cut` if the page shows only a part of the list
 */
export async function proven(
  visitor: Visitor,
  others: Others,
  { pages, request, field }: Candidate,
  known: {
    csrf: Token | undefined;
    headers: Record<string, string> | undefined;
    stamp: string;
    page: string;
    carriers: readonly string[];
  },
): Promise<FoundProbe | 'cut' | undefined> {
  const values = [`b${known.stamp}.one`, `b${known.stamp}.two`];
  const leads: string[] = [];
  const besides = visitor.client.cookies(known.page).filter(({ name }) => !known.carriers.includes(name));
  const unchanged = visitor.twin(besides.map(({ name }) => name));
  const write = async (value: string): Promise<PageVisit> => {
    let before = await visitor.get(pages[0] ?? known.page);
    if (tokenIn(visitor, before, known.csrf) === undefined) before = await visitor.get(known.page);
    const csrf = tokenOf(visitor, before, known.csrf);
    return visitor.send(filledWith(request, known.headers, { value, csrf }));
  };
  const isRefused = ({ status = 500 }: PageVisit): boolean => status >= 400;
  for (const value of values) {
    let answer = await write(value);
    // If the instance does not know the session, an extra request makes a round robin choose the next instance.
    for (let i = 0; i < AGAIN && isRefused(answer); i++) {
      if (i > 0) await visitor.manners.fresh().get(known.page);
      answer = await write(value);
    }
    if (isRefused(answer)) return undefined;
    if (answer.leads !== undefined) leads.push(answer.leads);
  }
  const places = [...new Set([...commonOf(leads), ...leads.toReversed(), ...pages])];
  const read = await readOf(visitor, places.slice(0, READ_PAGES), values);
  if (read === undefined || read === 'cut') return read;
  const onServer = await sees(unchanged, read, values);
  const shared = await sees(await others.same(), read, values);
  const another = shared ? await others.another() : undefined;
  const all = another !== undefined && (await sees(another, read, values));
  return {
    object: field.replaceAll(/[^\w-]/g, '-') || 'probe',
    scope: all ? 'all' : shared ? 'user' : 'session',
    ...(shared || !onServer ? {} : { onServer }),
    read,
    add: { ...request, ...(known.headers === undefined ? {} : { headers: known.headers }) },
  };
}

async function readOf(
  visitor: Visitor,
  pages: readonly string[],
  values: readonly string[],
): Promise<FoundProbe['read'] | 'cut' | undefined> {
  for (const wait of [0, CACHED]) {
    await visitor.manners.wait(wait);
    for (const path of pages) {
      const items = await itemsOn(visitor, path, values);
      if (items !== undefined) return items === 'cut' ? 'cut' : { path, items };
    }
  }
  return undefined;
}

async function itemsOn(
  visitor: Visitor,
  path: string,
  values: readonly string[],
): Promise<ListPlace | 'cut' | undefined> {
  const seen: PageVisit[] = [];
  for (let i = 0; i < READS; i++) {
    seen.push(await visitor.get(path));
    const items = placeIn(seen, values);
    if (items === undefined) continue;
    return seen.some(({ links }) => links.some(({ href }) => PAGED.test(href))) ? 'cut' : items;
  }
  return undefined;
}

async function sees(
  visitor: Visitor,
  { path, items }: FoundProbe['read'],
  values: readonly string[],
): Promise<boolean> {
  for (let i = 0; i < LOOKS; i++) {
    const found = finder(items, decodeHTML).all(await visitor.get(path));
    if (values.some(value => found.includes(value))) return true;
  }
  return false;
}

/** Matches a link to a further page of a list, such as `page=2`. */
const PAGED = /[?&](page|p|pg|offset|start|skip|cursor|after|before)=/i;
