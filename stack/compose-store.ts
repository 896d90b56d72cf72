/** Controls Redis in a container. Its port is published on this machine, so that faults can send it commands. */
import type { Container } from 'dockerode';
import { ContainerService, type ContainerSpec } from './container.ts';
import { run } from './engine.ts';

/** The port of Redis in its container. */
export const REDIS_PORT = 6379;

export class ComposeStore extends ContainerService {
  readonly url: string;

  /** @param port port of this machine that is mapped to Redis */
  constructor(container: Container, port: number, onDeath: ContainerSpec['onDeath']) {
    const ready = async () => (await run(container, 'redis-cli', 'ping')) === 'PONG';
    super({ name: 'redis', container, ready, onDeath });
    this.url = `redis://127.0.0.1:${port}`;
  }
}
