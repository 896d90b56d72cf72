/** A page as a person sees it: its forms, where its links lead, what it says of itself. */
import { DomUtils, parseDocument } from 'htmlparser2';

type Node = ReturnType<typeof parseDocument>['children'][number];
type Element = ReturnType<typeof DomUtils.getElementsByTagName>[number];

export interface Field {
  name: string;
  /** Of an input in lower case; `textarea`, `select`. */
  type: string;
  /** What it holds when the page comes. */
  value: string;
  /** Its name, label, placeholder and what it says to be for, in lower case. */
  hint: string;
}

export interface Form {
  method: 'GET' | 'POST';
  /** As it stands in the page; the page's own address when empty. */
  action: string;
  fields: Field[];
  /** Its name, class, address and buttons, in lower case. */
  words: string;
  /** Whether it sends files, which Baton does not. */
  multipart: boolean;
}

interface Link {
  href: string;
  /** Its text and what stands for one, in lower case. */
  words: string;
}

export interface Parsed {
  forms: Form[];
  links: Link[];
  /** Contents of `<meta name>`, by name. */
  metas: ReadonlyMap<string, string>;
  /** What is to be read, without markup. */
  text: string;
}

/**
 * Forms are taken as they are written: the parser keeps a form's fields inside it where browsers would lift them out
 * (a form in a table), which is what its author meant.
 */
export function parsePage(html: string): Parsed {
  const { children } = parseDocument(html);
  const tags = (name: string): Element[] => DomUtils.getElementsByTagName(name, children, true);
  const labels = new Map(
    tags('label').map(label => [label.attribs['for'] ?? '', DomUtils.textContent(label).trim()]),
  );
  return {
    forms: tags('form').map(form => formOf(form, labels)),
    links: tags('a').flatMap(linkOf),
    metas: new Map(
      tags('meta').flatMap(({ attribs }) =>
        attribs['name'] === undefined ? [] : [[attribs['name'], attribs['content'] ?? '']],
      ),
    ),
    text: textOf(children),
  };
}

const UNREAD = new Set(['script', 'style', 'template', 'noscript']);

/** A script has text too, and nobody reads it. */
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

function formOf(form: Element, labels: ReadonlyMap<string, string>): Form {
  const { attribs } = form;
  const inside = DomUtils.getElementsByTagName('*', form.children, true);
  const buttons = inside.filter(isButton);
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
    fields: inside.flatMap(element => fieldOf(element, labels)),
    words: words.join(' ').toLowerCase(),
    multipart: attribs['enctype']?.toLowerCase() === 'multipart/form-data',
  };
}

const isButton = ({ name, attribs }: Element): boolean =>
  (name === 'button' && (attribs['type'] ?? 'submit') === 'submit') ||
  (name === 'input' && ['submit', 'image'].includes(attribs['type']?.toLowerCase() ?? ''));

const UNSENT = new Set(['submit', 'image', 'button', 'reset', 'file']);

/** What is sent when the form is; a button is, by whoever presses it. */
function fieldOf(element: Element, labels: ReadonlyMap<string, string>): Field[] {
  const { attribs } = element;
  const name = attribs['name'] ?? '';
  if (name === '' || 'disabled' in attribs) return [];
  const type = element.name === 'input' ? (attribs['type']?.toLowerCase() ?? 'text') : element.name;
  if (!['input', 'textarea', 'select'].includes(element.name) || UNSENT.has(type)) return [];
  // Somebody careful ticks nothing that was not ticked.
  if ((type === 'checkbox' || type === 'radio') && !('checked' in attribs)) return [];
  const { id = '', placeholder = '', autocomplete = '' } = attribs;
  const hint = [name, id, placeholder, autocomplete, labels.get(id) ?? ''].join(' ').toLowerCase();
  return [{ name, type, value: held(element, type), hint }];
}

function held(element: Element, type: string): string {
  if (type === 'textarea') return DomUtils.textContent(element);
  if (type !== 'select') return element.attribs['value'] ?? (type === 'checkbox' ? 'on' : '');
  const options = DomUtils.getElementsByTagName('option', element.children, true);
  const chosen = options.find(option => 'selected' in option.attribs) ?? options[0];
  return chosen === undefined ? '' : (chosen.attribs['value'] ?? DomUtils.textContent(chosen));
}

/** @returns what the elements around a place are called, and the headings over it, in lower case */
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
