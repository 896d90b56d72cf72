/** Faults on the network path from the instances to the store. */
import type { ProxyLink } from '../../stack/link.ts';
import type { Stack } from '../../stack/stack.ts';
import type { StackFault, Stage } from './fault.ts';
import { ONE_SERVER } from './redis.ts';
import { talks } from './seeing.ts';

const SLOW_MS = 60;
/** Bandwidth of each connection, bytes per second. The load needs more bandwidth. */
const NARROW = 64 << 10;
const pastDeadline = ({ deadline }: Stage): number => deadline + 1_000;

export function lacksLink({ link, store }: Stack): string | undefined {
  if (link === undefined) return 'proxies that can delay and cut connections: use --stack local';
  return store.failover === undefined ? undefined : ONE_SERVER;
}

function onLink(
  fault: Pick<StackFault, 'name' | 'does' | 'down' | 'lasts'>,
  disturb: (link: ProxyLink, stage: Stage) => Promise<boolean>,
): StackFault {
  return {
    part: 'store',
    ...fault,
    linked: true,
    lacks: lacksLink,
    async inject(stage) {
      const { stack, undo } = stage;
      const link = await stack.link?.(stack.store.name);
      if (link === undefined) return false;
      undo(() => link.restore());
      return disturb(link, stage);
    },
  };
}

export const storeBlackHole = onLink(
  {
    name: 'store-black-hole',
    does: 'no data passes between instances and store, and neither side gets an error, as when all packets are lost',
    down: true,
    lasts: pastDeadline,
  },
  async link => {
    link.disturb({ held: true });
    return !(await talks(link.port));
  },
);

export const storeRefuses = onLink(
  {
    name: 'store-refuses',
    does: 'connections to the store are reset, and new connections are refused',
    down: true,
  },
  async link => {
    await link.refuse();
    return !(await talks(link.port));
  },
);

export const storeSlow = onLink(
  {
    name: 'store-slow',
    does: `data between instances and store takes ${SLOW_MS} ms more in each direction`,
  },
  async link => {
    link.disturb({ delayMs: SLOW_MS });
    return !(await talks(link.port, SLOW_MS)) && talks(link.port, 2_000);
  },
);

export const storeNarrow = onLink(
  {
    name: 'store-narrow',
    does: `each connection between instances and store carries no more than ${NARROW >> 10} KB per second`,
  },
  async (link, { shown }) => {
    link.disturb({ bytesPerSecond: NARROW });
    return shown(() => link.jams > 0);
  },
);

export const storeLate = onLink(
  {
    name: 'store-late',
    does: 'responses of the store arrive later than the deadline of the app',
    down: true,
    lasts: pastDeadline,
  },
  async (link, { deadline }) => {
    link.disturb({ delayMs: deadline });
    return !(await talks(link.port));
  },
);

export const storeCut = onLink(
  {
    name: 'store-cut',
    does: 'the connections between instances and store are reset five times, and can be opened again at once',
  },
  async (link, { wait }) => {
    for (let i = 0; i < 5; i++) {
      link.cut();
      await wait(200);
    }
    return talks(link.port);
  },
);
