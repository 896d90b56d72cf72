/** Tests probes (reads and writes of a target file) with the lists and forms of real web apps. */
import { describe, expect, it } from 'vitest';
import { holds, judged, TARGET } from './judged.ts';
import { page, redirect, type Session, SmallWeb, type WebRequest, type WebResponse } from './small-web.ts';

describe('lists', () => {
  it('are read without the copies of their values in another panel or in the search box', async () => {
    class Web extends SmallWeb {
      readonly #recent = new Map<Session, string[]>();

      override items(ask: WebRequest, session: Session): WebResponse {
        const recent = (this.#recent.get(session) ?? []).map(item => `<li>${item}</li>`).join('');
        const body = String(super.items(ask, session).body);
        return page(
          `<input name=q value="${session.items.at(-1) ?? ''}">${body}<ul id=recent>${recent}</ul>`,
        );
      }

      override add(ask: WebRequest, session: Session): WebResponse {
        this.#recent.set(
          session,
          [ask.form.get('item') ?? '', ...(this.#recent.get(session) ?? [])].slice(0, 5),
        );
        return super.add(ask, session);
      }
    }
    const read = { path: '/items', items: '<li>([^<]*)', within: '<ul id=items>(.*?)</ul>' };
    await holds(new Web(), { probes: [{ ...(TARGET.probes[0] as object), read }] });

    /** A broken app: one instance loses writes. The list lacks a lost value, but a panel still shows it. */
    class Losing extends Web {
      override add(ask: WebRequest, session: Session): WebResponse {
        const before = [...session.items];
        const answer = super.add(ask, session);
        if (ask.instance === 'two') session.items = before;
        return answer;
      }
    }
    const { of } = await judged(new Losing(), { probes: [{ ...(TARGET.probes[0] as object), read }] });
    expect(of('read-your-writes').judgement).toBe('violated');

    /** An app whose list shows no written value, as with a wrong expression in the target file. */
    class Elsewhere extends Web {
      override list(): string {
        return super.list([]);
      }
    }
    await expect(
      judged(new Elsewhere(), { probes: [{ ...(TARGET.probes[0] as object), read }] }),
    ).rejects.toThrow(/expected read\.items to find .* Correct the expression/);
  });

  /** An app with a list on several pages. New items are on the last page. */
  class Paged extends SmallWeb {
    readonly rows: number = 4;
    static readonly OLD = Array.from({ length: 9 }, (_, i) => `old-${i}`);

    override items({ query }: WebRequest, session: Session): WebResponse {
      const number = Number(query.get('page') ?? 1);
      const all = [...(this.constructor as typeof Paged).OLD, ...session.items];
      const shown = all.slice((number - 1) * this.rows, number * this.rows);
      return page(
        this.header(session) + this.list(shown) + this.more(number, number * this.rows < all.length),
      );
    }

    more(number: number, more: boolean): string {
      return more ? `<a class="btn" rel="next" href="/items?page=${number + 1}&amp;x=1">Next</a>` : '';
    }
  }

  it('of several pages are read to the last page: by rel=next, by page numbers, by a key of the target file', async () => {
    class Numbered extends Paged {
      override more(number: number): string {
        return [1, 2, 3, 4, 5]
          .map(n => `<a href="?page=${n}"${n === number ? ' class=on' : ''}>${n}</a>`)
          .join('');
      }
    }
    class Named extends Paged {
      override more(number: number, more: boolean): string {
        return more ? `<button data-more="/items?page=${number + 1}">` : '';
      }
    }
    const next = {
      ...(TARGET.probes[0] as object),
      read: { path: '/items', items: '<li>([^<]*)', next: 'data-more="([^"]*)' },
    };
    for (const [web, probes] of [
      [new Paged(), undefined],
      [new Numbered(), undefined],
      [new Named(), [next]],
    ] as const) {
      const { of, operations } = await holds(web, probes === undefined ? {} : { probes: [...probes] }, {
        enough: 500,
      });
      expect(of('read-your-writes').judgement).toBe('valid');
      // A read of more than nine values has read at least three pages.
      expect(operations.some(({ saw = [] }) => saw.length > 9)).toBe(true);
    }
  });

  it('of several pages that lack an acknowledged write are found', async () => {
    class Losing extends Paged {
      override add(ask: WebRequest, session: Session): WebResponse {
        return ask.instance === 'two' ? redirect('/items') : super.add(ask, session);
      }
    }
    expect((await judged(new Losing(), {}, { enough: 500 })).of('read-your-writes').judgement).toBe(
      'violated',
    );
  });

  it('of only the newest hundred rows give no evidence about missing rows', async () => {
    class Cut extends Paged {
      static override readonly OLD = Array.from({ length: 100 }, (_, i) => `old-${i}`);
      override readonly rows = 100;
      override more(): string {
        return '';
      }
    }
    const { of, violated } = await judged(new Cut());
    expect([of('read-your-writes').judgement, violated]).toEqual(['unknown', []]);
  });
});

describe('a write that only a message confirms', () => {
  /** An app whose responses to accepted and refused writes are equal. Only the next page shows the result, once. */
  class Flash extends SmallWeb {
    override add({ form }: WebRequest, session: Session): WebResponse {
      const item = form.get('item') ?? '';
      const full = session.items.length >= 5;
      if (!full) session.items.push(item);
      session.flash = full ? 'Your list is full.' : `Added ${item}.`;
      return redirect('/items');
    }

    override items(ask: WebRequest, session: Session): WebResponse {
      const said = session.flash === undefined ? '' : `<p class=flash>${session.flash}</p>`;
      session.flash = undefined;
      const answer = super.items(ask, session);
      return { ...answer, body: said + answer.body };
    }
  }
  const probe = TARGET.probes[0] as { add: object };

  it('is acknowledged by the message; without the message its outcome is `info`', async () => {
    const probes = [{ ...probe, add: { ...probe.add, confirmed: 'Added {value}' } }];
    const { of, history } = await holds(new Flash(), { probes });
    expect(of('read-your-writes').judgement).toBe('valid');
    expect(history).toContain('"outcome":"info","status":303,"note":"303');
    const refused = await holds(new Flash(), { probes, busy: 'list is full' });
    expect(refused.history).toContain('"outcome":"fail","status":303,"note":"303');
    // Without `confirmed` in the target file, a redirect counts as an acknowledgement, even if the app refuses the
    // write.
    expect((await judged(new Flash())).of('read-your-writes').judgement).toBe('violated');
  });

  it('is found if the app shows the message and loses the write', async () => {
    class Losing extends Flash {
      override add(ask: WebRequest, session: Session): WebResponse {
        const answer = super.add(ask, session);
        if (ask.instance === 'two')
          session.items = session.items.filter(item => item !== ask.form.get('item'));
        return answer;
      }
    }
    const probes = [{ ...probe, add: { ...probe.add, confirmed: 'Added {value}' } }];
    expect((await judged(new Losing(), { probes })).of('read-your-writes').judgement).toBe('violated');
  });
});
