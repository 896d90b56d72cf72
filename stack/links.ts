/** The TCP proxies (links) of a local stack: before servers such as Redis, and before instances. */
import { ProxyLink } from './link.ts';

export class StackLinks {
  /** Open proxies, by the name of the server or instance behind them. */
  readonly #open = new Map<string, ProxyLink>();
  /** Proxies that get no new connections, but still serve the requests in flight. */
  readonly #retired: ProxyLink[] = [];

  get(to: string): ProxyLink | undefined {
    return this.#open.get(to);
  }

  /** @param to name of the server or instance behind the proxy @param port its port */
  async open(to: string, port: number): Promise<ProxyLink> {
    const link = new ProxyLink(port);
    await link.open();
    this.#open.set(to, link);
    return link;
  }

  /** Retires a proxy, which then gets no new connections, but still serves the requests in flight. */
  retire(to: string): void {
    const link = this.#open.get(to);
    if (link === undefined) return;
    this.#open.delete(to);
    this.#retired.push(link);
  }

  /**
   * Returns the address of the proxy before the server at this address. If that server has no proxy, returns
   * the address unchanged.
   */
  throughLink(address: string, servers: readonly { name: string; port: number }[]): string {
    return servers.reduce((text, { name, port }) => {
      const link = this.#open.get(name);
      return link === undefined ? text : text.replace(`:${port}`, `:${link.port}`);
    }, address);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values(), ...this.#retired].map(link => link.close()));
  }
}
