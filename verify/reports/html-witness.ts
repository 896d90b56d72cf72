/** Shows the requests that prove an anomaly (its witness), as a picture and a list. */
import type { Operation } from '../core/history/history.ts';
import type { Anomaly, WitnessStep } from '../core/result/verdict.ts';
import { escaped } from './markup.ts';
import { spansOf, whatOf } from './witness.ts';

/** Maximum number of requests in the list. The file result.json has all of them. */
const STEPS = 60;
/** Maximum number of requests and of instances in a picture. */
const DRAWN = { steps: 10, instances: 6 };
const CHARACTER = 7.3;
const SIZE = { left: 120, lane: 96, right: 230, box: 28, top: 24, row: 78 };

/** Returns the picture and the list of a witness. A large witness has no picture. */
export function witnessHtml(anomaly: Anomaly): string {
  const { witness } = anomaly;
  if (witness.length === 0) return '';
  const items = witness
    .slice(0, STEPS)
    .map(
      (step, i) =>
        `<li class="step${step.expected === undefined ? '' : ' broken'}">` +
        `<span class="time">${(step.operation.call / 1e6).toFixed(3)} s</span>` +
        `<span>${i + 1}. ${escaped(whatOf(step.operation))}</span>` +
        `<span>${escaped(step.operation.instance ?? '')}</span>` +
        `<span class="came">${cameOf(step)}</span></li>`,
    );
  const left = witness.length - items.length;
  return `${picture(anomaly)}<ol class="witness">${items.join('')}</ol>${
    left > 0 ? `<p class="dim">… and ${left} more requests</p>` : ''
  }`;
}

function cameOf({ operation, expected, came }: WitnessStep): string {
  const answer = operation.note === undefined ? '' : `${escaped(operation.note)}: `;
  const got = `${answer}${escaped(came)}`;
  return expected === undefined ? got : `<strong>expected ${escaped(expected)}</strong><br/>${got}`;
}

interface Box {
  x: number;
  y: number;
  width: number;
  step: WitnessStep;
}

const laneOf = ({ instance }: Operation): string => instance ?? 'not named';

/**
 * Draws requests as boxes in lanes of instances. Boxes show which requests overlap, but not how long they took: two
 * consecutive calls or returns are always one unit apart.
 */
function picture({ witness, summary }: Anomaly): string {
  const lanes = [...new Set(witness.map(({ operation }) => laneOf(operation)))];
  if (witness.length > DRAWN.steps || lanes.length > DRAWN.instances) return '';
  const spans = spansOf(witness.map(step => step.operation));
  const unit = witness.length > 4 ? 84 : 112;
  const boxes = witness.map((step, i): Box => {
    const { from, to } = spans[i] ?? { from: 0, to: 0 };
    return { x: SIZE.left + from * unit, y: 0, width: Math.max(0.6, to - from) * unit, step };
  });
  let height = SIZE.top;
  const lines = lanes.map(lane => {
    const y = height + 22;
    const rows = placeInRows(
      boxes.filter(({ step }) => laneOf(step.operation) === lane),
      y,
    );
    height += SIZE.lane + (rows - 1) * SIZE.row;
    return y + SIZE.box / 2;
  });
  const width = Math.max(...boxes.map(box => box.x + box.width)) + SIZE.right;
  return (
    `<div class="scroll" tabindex="0" role="group" aria-label="Picture of the proof"><svg class="proof" role="img" ` +
    `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg">` +
    `<title>${escaped(summary)}</title>${lanes.map((lane, i) => laneSvg(lane, lines[i] ?? 0, width)).join('')}` +
    `${boxes.map((_, i) => arrow(boxes, i)).join('')}${boxes.map((box, i) => boxSvg(box, i, boxes)).join('')}</svg></div>`
  );
}

function placeInRows(boxes: readonly Box[], y: number): number {
  const ends: number[] = [];
  for (const box of boxes) {
    const free = ends.findIndex(end => end <= box.x);
    const row = free < 0 ? ends.length : free;
    ends[row] = box.x + box.width;
    box.y = y + row * SIZE.row;
  }
  return ends.length;
}

function laneSvg(lane: string, y: number, width: number): string {
  return (
    `<line class="lane" x1="${SIZE.left - 12}" x2="${width - 12}" y1="${y}" y2="${y}"/>` +
    `<text class="name" x="4" y="${y + 4}">${escaped(endOf(lane, 14))}</text>`
  );
}

function boxSvg({ x, y, width, step }: Box, i: number, boxes: readonly Box[]): string {
  const { operation, expected, came } = step;
  const broken = expected !== undefined;
  const lines = broken
    ? [`expected: ${expected}`, `came: ${came}`]
    : [operation.note === came || operation.note === undefined ? came : `${operation.note}: ${came}`];
  const open = operation.return === undefined ? ' stroke-dasharray="4 3"' : '';
  return (
    `<g class="${broken ? 'broken' : 'fine'}"><rect x="${x}" y="${y}" width="${width}" height="${SIZE.box}" rx="5"${open}/>` +
    `<text class="what" x="${x + 7}" y="${y + 18}">${i + 1} ${escaped(cut(whatOf(operation), Math.max(8, Math.floor(width / 7.4) - 3)))}</text>` +
    `<text class="cookie" x="${x}" y="${y - 6}">${escaped(cookieOf(boxes, i))}</text>` +
    lines
      .map(
        (line, n) =>
          `<text x="${x}" y="${y + SIZE.box + 16 + 15 * n}">${escaped(cut(line, roomBelow(boxes, i)))}</text>`,
      )
      .join('') +
    '</g>'
  );
}

function roomBelow(boxes: readonly Box[], at: number): number {
  const { x, y } = boxes[at] as Box;
  const next = boxes.filter(one => one.x > x && Math.abs(one.y - y) < SIZE.lane / 2).map(one => one.x);
  return Math.min(44, Math.max(8, Math.floor((Math.min(...next) - x) / CHARACTER) - 1));
}

/** Describes cookies without their values: `cookie of 1, sets cookie 3fa0`, where 1 is a request's number. */
function cookieOf(boxes: readonly Box[], at: number): string {
  const operation = boxes[at]?.step.operation;
  const sets = operation?.cookies?.find(({ change }) => change === 'set')?.label;
  const deletes = operation?.cookies?.some(({ change }) => change === 'deleted') === true;
  const from = boxes.findLastIndex(
    ({ step }, i) =>
      i < at &&
      step.operation.session === operation?.session &&
      step.operation.cookies?.some(({ change }) => change === 'set') === true,
  );
  const kind = operation?.with === undefined ? 'cookie' : `${operation.with} cookie`;
  const sent = from >= 0 ? `${kind} of ${from + 1}` : operation?.with === undefined ? '' : kind;
  const done = sets === undefined ? (deletes ? 'cookie deleted' : '') : `sets cookie ${sets.slice(0, 4)}`;
  return [sent, done].filter(part => part !== '').join(', ');
}

/** Draws an arrow from a write or login to the request whose response should have shown its effect. */
function arrow(boxes: readonly Box[], at: number): string {
  const box = boxes[at];
  if (box === undefined || box.step.expected === undefined || at === 0) return '';
  const before = boxes.slice(0, at).filter(({ step }) => step.expected === undefined);
  const changed = before.findLast(({ step }) => !['read', 'form'].includes(step.operation.action));
  const source = changed ?? before.at(-1);
  if (source === undefined) return '';
  const [x1, y1] = [source.x + source.width, source.y + SIZE.box / 2];
  const [x2, y2] = [box.x, box.y + SIZE.box / 2];
  const bend = x2 > x1 ? `C ${(x1 + x2) / 2} ${y1}, ${(x1 + x2) / 2} ${y2}, ${x2} ${y2}` : `L ${x2} ${y2}`;
  return (
    `<path class="arrow" d="M ${x1} ${y1} ${bend}"/>` +
    `<polygon class="head" points="${x2},${y2} ${x2 - 9},${y2 - 5} ${x2 - 9},${y2 + 5}"/>`
  );
}

/** Keeps the end of a name, because names of instances often differ only there, such as in their port. */
const endOf = (name: string, most: number): string =>
  [...name].length <= most ? name : `…${[...name].slice(1 - most).join('')}`;

const cut = (text: string, most: number): string =>
  [...text].length <= most ? text : `${[...text].slice(0, most - 1).join('')}…`;
