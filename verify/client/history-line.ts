/** Writes events as lines of a history, faster than JSON.stringify. */
import type { Caching, Called, Event, Returned } from '../core/history/history.ts';
import { Recent } from './recent.ts';

/** Returns an event as a line of the history, including the line feed. */
export function lineOf(event: Event): string {
  switch (event.type) {
    case 'op': {
      const session = who(event);
      return `{"type":"op","id":${event.id}${called(event, session)}${returned(event, session)}}\n`;
    }
    case 'start':
      return `{"type":"start","id":${event.id}${called(event, who(event))}}\n`;
    case 'end':
      return `{"type":"end","id":${event.id}${returned(event)}}\n`;
    default:
      return `${JSON.stringify(event)}\n`;
  }
}

function called(event: Called, { json }: Who): string {
  let line = `${json},"action":"${event.action}"`;
  if (event.object !== undefined) line += `,"object":${text(event.object)}`;
  if (event.value !== undefined) line += `,"value":${JSON.stringify(event.value)}`;
  if (event.expected !== undefined) line += `,"expected":${JSON.stringify(event.expected)}`;
  if (event.state !== undefined) line += `,"state":${JSON.stringify(event.state)}`;
  line += `,"request":${JSON.stringify(event.request)},"call":${event.call}`;
  if (event.path !== undefined) line += `,"path":${text(event.path)}`;
  if (event.with !== undefined) line += `,"with":"${event.with}"`;
  if (event.change !== undefined) line += `,"change":${text(event.change)}`;
  if (event.direct !== undefined) line += `,"direct":${event.direct}`;
  if (event.steered !== undefined) line += `,"steered":${event.steered}`;
  if (event.late !== undefined) line += `,"late":${event.late}`;
  if (event.sent !== undefined) line += `,"sent":${JSON.stringify(event.sent)}`;
  return line;
}

function returned(event: Returned, session?: Who): string {
  let line = event.return === undefined ? '' : `,"return":${event.return}`;
  const last = session === undefined ? undefined : usualIn(event, session);
  line += last === undefined ? usual(event) : last.json;
  if (event.saw !== undefined) line += `,"saw":${listIn(event.saw, last?.saw)}`;
  if (event.canaries !== undefined) line += `,"canaries":${listIn(event.canaries, last?.canaries)}`;
  if (event.cookies !== undefined) line += `,"cookies":${JSON.stringify(event.cookies)}`;
  if (event.version !== undefined) line += `,"version":${event.version}`;
  if (event.skew !== undefined) line += `,"skew":${event.skew}`;
  if (event.caching !== undefined) line += `,"caching":${caching(event.caching)}`;
  if (event.exposed !== undefined) line += `,"exposed":${JSON.stringify(event.exposed)}`;
  if (event.withheld !== undefined) line += `,"withheld":${JSON.stringify(event.withheld)}`;
  if (event.issued !== undefined) line += `,"issued":${JSON.stringify(event.issued)}`;
  if (event.lost !== undefined) line += `,"lost":${event.lost}`;
  if (event.resent !== undefined) line += `,"resent":${event.resent}`;
  if (event.starved !== undefined) line += `,"starved":${event.starved}`;
  return line;
}

/** Fields that are usually equal in all responses of one instance to one session. */
type Usual = Pick<Returned, 'outcome'> & {
  [field in 'status' | 'note' | 'instance' | 'source' | 'cohort' | 'signedIn' | 'sawUser']?:
    | Returned[field]
    | undefined;
};

function usual(event: Usual): string {
  let line = `,"outcome":"${event.outcome}"`;
  if (event.status !== undefined) line += `,"status":${event.status}`;
  if (event.note !== undefined) line += `,"note":${text(event.note)}`;
  if (event.instance !== undefined) line += `,"instance":${text(event.instance)}`;
  if (event.source !== undefined) line += `,"source":${text(event.source)}`;
  if (event.cohort !== undefined) line += `,"cohort":${text(event.cohort)}`;
  if (event.signedIn !== undefined) line += `,"signedIn":"${event.signedIn}"`;
  if (event.sawUser !== undefined) line += `,"sawUser":${text(event.sawUser)}`;
  return line;
}

/** For each session, caches the last responses of at most this number of instances. */
const INSTANCES = 16;

function usualIn(event: Usual, { usuals }: Who): Last {
  const { outcome, status, note, instance, source, cohort, signedIn, sawUser } = event;
  const last = usuals.get(instance);
  const same = last?.outcome === outcome && last.status === status && last.note === note;
  if (same && last.source === source && last.cohort === cohort && last.signedIn === signedIn)
    if (last.sawUser === sawUser) return last;
  const lists = { saw: { of: undefined, json: '' }, canaries: { of: undefined, json: '' } };
  const kept = { outcome, status, note, source, cohort, signedIn, sawUser };
  const next: Last = { ...kept, json: flat(usual(event)), ...lists };
  if (usuals.size >= INSTANCES) usuals.clear();
  usuals.set(instance, next);
  return next;
}

/** Copies a text, because V8 keeps a concatenated text as a tree of parts. */
const flat = (text: string): string => Buffer.from(text).toString();

interface LastList {
  of: readonly string[] | undefined;
  json: string;
}

type Last = Usual & { json: string; saw: LastList; canaries: LastList };

interface Who {
  clock: string;
  client: string;
  user: string;
  json: string;
  /** Key: instance; value: its last response. */
  usuals: Map<string | undefined, Last>;
}

const known = new Map<string, Who>();

function who({ clock, client, session, user }: Called): Who {
  const last = known.get(session);
  if (last !== undefined && last.client === client && last.user === user && last.clock === clock) return last;
  let json = `,"clock":${text(clock)},"client":${text(client)}`;
  json += `,"session":${text(session)},"user":${text(user)}`;
  if (known.size >= KEPT) known.clear();
  const now: Who = { clock, client, user, json: flat(json), usuals: new Map() };
  known.set(session, now);
  return now;
}

function listIn(list: readonly string[], last: LastList | undefined): string {
  if (last === undefined) return JSON.stringify(list);
  if (last.of !== list) {
    last.of = list;
    last.json = JSON.stringify(list);
  }
  return last.json;
}

const cachings = new Recent<Caching, string>();

function caching(value: Caching): string {
  let json = cachings.get(value);
  if (json === undefined) {
    json = JSON.stringify(value);
    cachings.set(value, json);
  }
  return json;
}

const KEPT = 10_000;
const kept = new Map<string, string>();

function text(value: string): string {
  let json = kept.get(value);
  if (json === undefined) {
    json = JSON.stringify(value);
    if (kept.size >= KEPT) kept.clear();
    kept.set(value, json);
  }
  return json;
}
