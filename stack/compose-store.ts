/** Redis in a container, published on a port of this machine so that faults can give it orders. */
import type { Container } from 'dockerode';
import { ContainerService, type ContainerSpec } from './container.ts';
import { run } from './engine.ts';

/** Where it listens in its own container. */
export const REDIS_PORT = 6379;

export class ComposeStore extends ContainerService {
  readonly url: string;

  /** @param port of this machine that leads to it */
  constructor(container: Container, port: number, onDeath: ContainerSpec['onDeath']) {
    const ready = async () => (await run(container, 'redis-cli', 'ping')) === 'PONG';
    super({ name: 'redis', container, ready, onDeath });
    this.url = `redis://127.0.0.1:${port}`;
  }
}
