/** Faults on the network path from the balancer to an instance. */
import type { ProxyLink } from '../../stack/link.ts';
import type { StackFault, Stage } from './fault.ts';
import { answers, talks } from './seeing.ts';

const SLOW_MS = 150;
/** Bandwidth of each connection, bytes per second. With this bandwidth, a page takes a large part of a second. */
const NARROW = 16 << 10;

function onLink(
  name: string,
  does: string,
  disturb: (link: ProxyLink, stage: Stage) => Promise<boolean>,
): StackFault {
  return {
    name,
    part: 'balancer',
    does,
    one: true,
    lacks: stack =>
      stack.link === undefined ? 'proxies that can delay and cut connections: use --stack local' : undefined,
    async inject(stage) {
      const { stack, instance, undo } = stage;
      undo(async () => stack.unlink?.(instance.name));
      const link = await stack.link?.(instance.name);
      return link !== undefined && disturb(link, stage);
    },
  };
}

export const instanceHangs = onLink(
  'instance-hangs',
  'an instance accepts connections and holds back all responses, then sends them at once',
  async link => {
    link.disturb({ held: true });
    return !(await talks(link.port));
  },
);

export const instanceSlow = onLink(
  'instance-slow',
  `data between the balancer and an instance takes ${SLOW_MS} ms more in each direction`,
  async link => {
    link.disturb({ delayMs: SLOW_MS });
    const url = `http://127.0.0.1:${link.port}/`;
    return !(await answers(url, 2 * SLOW_MS)) && answers(url, 5_000);
  },
);

export const instanceNarrow = onLink(
  'instance-narrow',
  `no more than ${NARROW >> 10} KB a second pass on each connection between the balancer and an instance`,
  async (link, { shown }) => {
    link.disturb({ bytesPerSecond: NARROW });
    return shown(() => link.jams > 0);
  },
);

export const answersCut = onLink(
  'answers-cut',
  'the responses of an instance break off in the middle, and their connections are reset',
  async (link, { shown }) => {
    link.disturb({ cutting: true });
    return shown(() => link.cuts > 0);
  },
);
