/** The links of a local stack: before the servers behind the instances, and before instances. */
import { ProxyLink } from './link.ts';

export class Links {
  /** By what they lead to. */
  readonly #open = new Map<string, ProxyLink>();
  /** Those that nothing new takes. */
  readonly #left: ProxyLink[] = [];

  get(to: string): ProxyLink | undefined {
    return this.#open.get(to);
  }

  /** @param port of what is behind it */
  async open(to: string, port: number): Promise<ProxyLink> {
    const link = new ProxyLink(port);
    await link.open();
    this.#open.set(to, link);
    return link;
  }

  /** Nothing new takes it from now on; what is in flight ends on it. */
  leave(to: string): void {
    const link = this.#open.get(to);
    if (link === undefined) return;
    this.#open.delete(to);
    this.#left.push(link);
  }

  /** @returns the address by way of the links, where there are any to what it names by port */
  led(address: string, servers: readonly { name: string; port: number }[]): string {
    return servers.reduce((text, { name, port }) => {
      const link = this.#open.get(name);
      return link === undefined ? text : text.replace(`:${port}`, `:${link.port}`);
    }, address);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values(), ...this.#left].map(link => link.close()));
  }
}
