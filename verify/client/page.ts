/** Parses a page into its forms, links, meta tags and text. */
import { DomUtils, parseDocument } from 'htmlparser2';

type Node = ReturnType<typeof parseDocument>['children'][number];
type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number];

export interface FormField {
  name: string;
  /** Type of an input element, such as `password`; otherwise `textarea` or `select`. A button is `submit`. */
  type: string;
  value: string;
  /** Texts that describe the field, in lower case: name, id, label, placeholder and autocomplete. */
  hint: string;
  /** True if the page hides the field, as a trap for programs that fill in forms, or until a script shows it. */
  unseen?: true;
}

export interface Form {
  method: 'GET' | 'POST';
  /** Address to which the form is sent; empty for the address of the form's page. */
  action: string;
  /** What a browser sends: all inputs, and the first button that submits the form, if it has a name. */
  fields: FormField[];
  /** Texts that describe the form, in lower case: id, name, class, action, label and buttons. */
  words: string;
  /** True if the form has a file upload, which Baton cannot fill in. */
  files: boolean;
}

interface Link {
  href: string;
  /** Texts that describe the link, in lower case: text, title, label, class and id. */
  words: string;
}

export interface Parsed {
  forms: Form[];
  links: Link[];
  /** Key: name of a `<meta>` tag; value: its content. */
  metas: ReadonlyMap<string, string>;
  text: string;
  /** Address of the `<base>` tag. Links and actions are already relative to it. */
  base?: string | undefined;
}

/** Resolves an address against the address of a `<base>` tag, if there is one. Keeps `#…` and an empty address. */
export function fromBase(address: string, base: string | undefined): string {
  if (base === undefined || address === '' || address.startsWith('#')) return address;
  const page = 'http://page.invalid/';
  const url = URL.parse(address, URL.parse(base, page)?.href ?? page);
  return url === null ? address : url.href.replace(/^http:\/\/page\.invalid/, '');
}

/** Parses a page. A field belongs to the form around it in the HTML, although browsers may move it out of a table. */
export function parsePage(html: string): Parsed {
  const { children } = parseDocument(html);
  const tags = (name: string): Element[] => DomUtils.getElementsByTagName(name, children, true);
  const labels = new Map(
    tags('label').map(label => [label.attribs['for'] ?? '', DomUtils.textContent(label).trim()]),
  );
  const base = tags('base').find(({ attribs }) => attribs['href'] !== undefined)?.attribs['href'];
  // A button outside its form refers to the form by id.
  const elsewhere = [...tags('button'), ...tags('input')].filter(
    one => 'form' in one.attribs && isButton(one),
  );
  return {
    forms: tags('form')
      .map(form => formOf(form, labels, elsewhere))
      .map(form => ({ ...form, action: fromBase(form.action, base) })),
    links: tags('a')
      .flatMap(linkOf)
      .map(link => ({ ...link, href: fromBase(link.href, base) })),
    base,
    metas: new Map(
      tags('meta').flatMap(({ attribs }) =>
        attribs['name'] === undefined ? [] : [[attribs['name'], attribs['content'] ?? '']],
      ),
    ),
    text: textOf(children),
  };
}

const UNREAD = new Set(['script', 'style', 'template', 'noscript']);

function textOf(nodes: readonly Node[]): string {
  const read = (node: Node): string => {
    if (!('children' in node)) return node.type === 'text' ? node.data : '';
    return 'name' in node && UNREAD.has(node.name) ? '' : ` ${node.children.map(read).join('')} `;
  };
  return nodes.map(read).join('').replace(/\s+/g, ' ');
}

function linkOf(link: Element): Link[] {
  const { href, title = '', 'aria-label': label = '', class: style = '', id = '' } = link.attribs;
  if (href === undefined) return [];
  return [{ href, words: [DomUtils.textContent(link), title, label, style, id].join(' ').toLowerCase() }];
}

function formOf(form: Element, labels: ReadonlyMap<string, string>, elsewhere: readonly Element[]): Form {
  const { attribs } = form;
  const inside = DomUtils.getElementsByTagName('*', form.children, true);
  const own = elsewhere.filter(one => attribs['id'] !== undefined && one.attribs['form'] === attribs['id']);
  const buttons = [...inside.filter(isButton), ...own];
  const words = [
    attribs['id'],
    attribs['name'],
    attribs['class'],
    attribs['action'],
    attribs['aria-label'],
    ...buttons.map(button => `${DomUtils.textContent(button)} ${button.attribs['value'] ?? ''}`),
    ...buttons.map(button => button.attribs['name']),
  ];
  return {
    method: attribs['method']?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    action: attribs['action'] ?? '',
    fields: [...inside.flatMap(element => fieldOf(element, labels)), ...pressed(buttons[0])],
    words: words.join(' ').toLowerCase(),
    files: inside.some(one => one.name === 'input' && one.attribs['type']?.toLowerCase() === 'file'),
  };
}

const isButton = ({ name, attribs }: Element): boolean =>
  (name === 'button' && (attribs['type'] ?? 'submit') === 'submit') ||
  (name === 'input' && ['submit', 'image'].includes(attribs['type']?.toLowerCase() ?? ''));

function pressed(button: Element | undefined): FormField[] {
  const { name = '', value = '' } = button?.attribs ?? {};
  return name === '' ? [] : [{ name, type: 'submit', value, hint: '' }];
}

const UNSENT = new Set(['submit', 'image', 'button', 'reset', 'file']);

function fieldOf(element: Element, labels: ReadonlyMap<string, string>): FormField[] {
  const { attribs } = element;
  const name = attribs['name'] ?? '';
  if (name === '' || 'disabled' in attribs) return [];
  const type = element.name === 'input' ? (attribs['type']?.toLowerCase() ?? 'text') : element.name;
  if (!['input', 'textarea', 'select'].includes(element.name) || UNSENT.has(type)) return [];
  // Browsers do not send unchecked boxes and radio buttons.
  if ((type === 'checkbox' || type === 'radio') && !('checked' in attribs)) return [];
  const { id = '', placeholder = '', autocomplete = '' } = attribs;
  const hint = [name, id, placeholder, autocomplete, labels.get(id) ?? ''].join(' ').toLowerCase();
  const unseen = type !== 'hidden' && isUnseen(element) ? { unseen: true as const } : {};
  return [{ name, type, value: held(element, type), hint, ...unseen }];
}

function isUnseen(element: Element): boolean {
  if (element.name === 'form') return false;
  const { hidden, style = '', 'aria-hidden': spoken } = element.attribs;
  if (hidden !== undefined || spoken === 'true' || /display\s*:\s*none|visibility\s*:\s*hidden/i.test(style))
    return true;
  return element.parent !== null && 'attribs' in element.parent && isUnseen(element.parent);
}

function held(element: Element, type: string): string {
  if (type === 'textarea') return DomUtils.textContent(element);
  if (type !== 'select') return element.attribs['value'] ?? (type === 'checkbox' ? 'on' : '');
  const options = DomUtils.getElementsByTagName('option', element.children, true);
  const chosen = options.find(option => 'selected' in option.attribs) ?? options[0];
  return chosen === undefined ? '' : (chosen.attribs['value'] ?? DomUtils.textContent(chosen));
}

/**
 * Returns words that describe a position in a page, in lower case: tags, ids, classes and labels of the elements around
 * it, and the headings above it.
 */
export function surroundings(html: string, at: number): string {
  const { children } = parseDocument(html, { withStartIndices: true, withEndIndices: true });
  const holds = ({ startIndex, endIndex }: Element): boolean =>
    startIndex !== null && endIndex !== null && startIndex <= at && at <= endIndex;
  const around = DomUtils.getElementsByTagName('*', children, true).filter(holds);
  const words = around.flatMap(({ name, attribs, children: inside }) => {
    const { id, class: style, 'aria-label': label, type } = attribs;
    const own = name === 'body' || name === 'html' ? [] : [name, id, style, label, type];
    const headings = inside.filter(
      (node): node is Element => 'name' in node && /^(h[2-6]|legend|summary|caption)$/.test(node.name),
    );
    const over = headings.filter(({ startIndex }) => (startIndex ?? 0) < at).at(-1);
    return [...own, over === undefined ? undefined : DomUtils.textContent(over)];
  });
  return words
    .filter(word => word !== undefined)
    .join(' ')
    .toLowerCase();
}
