/** Serves the page of a run while the run goes on, on this machine only. Sends new requests and anomalies as they occur. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHECKS } from './core/checks/index.ts';
import type { Event, Run } from './core/history/history.ts';
import type { Anomaly } from './core/result/verdict.ts';
import { Judge } from './core/timeline/judge.ts';
import { liveHtml } from './reports/html.ts';
import { printable } from './reports/printable.ts';
import type { LiveNews } from './reports/view/chunk.ts';
import { liveMarks } from './reports/view/marks.ts';
import { Timeline } from './reports/view/timeline.ts';
import { packed, type ViewCode } from './view.ts';

/** Time between two messages to the page, milliseconds. */
const EVERY = 1_000;
/** Maximum time that an ended run waits until open pages have loaded the report, milliseconds. */
const LOADING = 3_000;

/** A search for an order may take seconds, in which the load would stand still. */
const LIVE = CHECKS.filter(({ guarantee }) => guarantee !== 'linearizability');

export class Live {
  readonly #path = `/${randomBytes(16).toString('hex')}/`;
  readonly #server: Server;
  readonly #code: ViewCode;
  readonly #pages = new Set<ServerResponse>();
  /** All messages so far: a page that is opened later gets them too. */
  readonly #sent: string[] = [];
  readonly #anomalies: Anomaly[] = [];
  readonly #timer: NodeJS.Timeout;
  #run: Run | undefined;
  #judge: Judge | undefined;
  #timeline: Timeline | undefined;
  /** The report, once the run has ended. */
  #report: string | undefined;
  /** Called when a page has loaded the report. */
  #loaded = (): void => {};

  readonly #onTrouble: (text: string) => void;

  private constructor(code: ViewCode, onTrouble: (text: string) => void) {
    this.#code = code;
    this.#onTrouble = onTrouble;
    this.#server = createServer((request, response) => this.#respond(request, response));
    this.#timer = setInterval(() => this.#send(), EVERY);
  }

  /**
   * Starts to listen on a free port of 127.0.0.1.
   *
   * @param onTrouble called if the live view must stop; the run goes on
   */
  static async start(code: ViewCode, onTrouble: (text: string) => void): Promise<Live> {
    const live = new Live(code, onTrouble);
    live.#server.listen(0, '127.0.0.1');
    await once(live.#server, 'listening');
    return live;
  }

  get url(): string {
    return `http://${this.#host}${this.#path}`;
  }

  get #host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Takes in the next event of the history. Never throws. */
  event(event: Event): void {
    try {
      this.#step(event);
    } catch (error) {
      this.#judge = undefined;
      this.#onTrouble(`the live view stopped: ${(error as Error).message}`);
    }
  }

  #step(event: Event): void {
    if (event.type === 'run') {
      this.#run = event;
      const timeline = new Timeline({ run: event.run, anomalies: [] });
      this.#timeline = timeline;
      this.#judge = new Judge(event, [...LIVE, timeline.check], anomaly => this.#anomalies.push(anomaly));
    } else this.#judge?.step(event);
  }

  #send(): void {
    const run = this.#run;
    if (run === undefined || this.#timeline === undefined) return;
    const { text } = packed(this.#timeline);
    const about = printable(`${run.target} at ${run.url}, run ${run.run}`);
    const news: LiveNews = {
      run: run.run,
      about,
      chunk: text,
      anomalies: liveMarks(this.#anomalies, run.claims),
    };
    const message = `data: ${JSON.stringify(news)}\n\n`;
    this.#sent.push(message);
    for (const page of this.#pages) page.write(message);
  }

  #respond({ headers, url }: IncomingMessage, response: ServerResponse): void {
    // A page of another site could reach this server by a name that it points at 127.0.0.1.
    if (headers.host !== this.#host) response.writeHead(403).end();
    else if (url === `${this.#path}events`) this.#follow(response);
    else if (url !== this.#path) response.writeHead(404).end();
    else {
      const page = this.#report ?? liveHtml(this.#code);
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      response.end(page, () => {
        if (this.#report !== undefined) this.#loaded();
      });
    }
  }

  #follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const message of this.#sent) response.write(message);
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
  }

  /** Replaces each open page by the report, which stays when the server has stopped. */
  async end(report: string): Promise<void> {
    this.#report = report;
    clearInterval(this.#timer);
    let open = this.#pages.size;
    if (open === 0) return;
    const loaded = new Promise<void>(resolve => {
      this.#loaded = () => {
        if (--open === 0) resolve();
      };
    });
    for (const page of this.#pages) page.end('event: end\ndata: \n\n');
    const late = new Promise<void>(resolve => setTimeout(resolve, LOADING).unref());
    await Promise.race([loaded, late]);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const page of this.#pages) page.end();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
