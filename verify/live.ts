/** Serves the page of `--ui` for a run in progress, on this machine only. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Listening, listen, PAGE_HEADERS } from './listen.ts';
import { liveHtml } from './reports/html.ts';
import { printable } from './reports/printable.ts';
import type { LiveNews } from './reports/view/chunk.ts';
import { liveMarks } from './reports/view/marks.ts';
import { Timeline } from './reports/view/timeline.ts';
import type { RunStatus } from './run-status.ts';
import { packed, type ViewCode } from './view.ts';

/** Interval between two messages to the page, milliseconds. */
const EVERY = 1_000;
/** Time for which the server waits before it stops, so that open pages can load the report, milliseconds. */
const LOADING = 3_000;

export class Live {
  readonly #path = `/${randomBytes(16).toString('hex')}/`;
  #server: Listening | undefined;
  readonly #code: ViewCode;
  readonly #pages = new Set<ServerResponse>();
  /** All messages since the start, for pages that are opened later. */
  readonly #sent: string[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #status: RunStatus;
  #timeline: Timeline | undefined;
  #report: string | undefined;
  #loaded = (): void => {};

  private constructor(code: ViewCode, status: RunStatus) {
    this.#code = code;
    this.#status = status;
    status.add(({ run }) => {
      this.#timeline = new Timeline({ run, anomalies: [] });
      return this.#timeline.check;
    });
    this.#timer = setInterval(() => this.#send(), EVERY);
  }

  /**
   * Starts the server on a free port of 127.0.0.1.
   *
   * @param status the status of a run that has not started yet
   */
  static async start(code: ViewCode, status: RunStatus): Promise<Live> {
    const live = new Live(code, status);
    const server = createServer((request, response) => live.#respond(request, response));
    live.#server = await listen(server, '0', '--ui');
    return live;
  }

  get url(): string {
    return `${this.#server?.url}${this.#path}`;
  }

  #send(): void {
    const { run, anomalies } = this.#status;
    if (run === undefined || this.#timeline === undefined) return;
    const { text } = packed(this.#timeline);
    const about = printable(`${run.target} at ${run.url}, run ${run.run}`);
    const news: LiveNews = {
      run: run.run,
      about,
      chunk: text,
      anomalies: liveMarks(anomalies, run.claims),
    };
    const message = `data: ${JSON.stringify(news)}\n\n`;
    this.#sent.push(message);
    for (const page of this.#pages) page.write(message);
  }

  #respond({ headers, url }: IncomingMessage, response: ServerResponse): void {
    // Prevents DNS rebinding: a foreign site could read the run through a host name that resolves to this machine.
    if (`http://${headers.host}` !== this.#server?.url) response.writeHead(403).end();
    else if (url === `${this.#path}events`) this.#follow(response);
    else if (url !== this.#path) response.writeHead(404).end();
    else {
      const page = this.#report ?? liveHtml(this.#code);
      response.writeHead(200, PAGE_HEADERS);
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

  /** Makes open pages load the report, so that they stay readable after the server has stopped. */
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
    await this.#server?.close();
  }
}
