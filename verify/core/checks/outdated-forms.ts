/** Counts the forms on pages from before the first fault that the app refuses after the fault. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { seconds } from '../result/format.ts';
import { stepsOf } from '../result/verdict.ts';
import type { Violation } from './framework.ts';
import { kindOf } from './refusals.ts';

/** Minimum number of refused forms for a violation. */
const ENOUGH = 3;
/** Factor by which the same kind of refusal must be rarer for newer forms. */
const RARER = 2;

/** A form that a session sent. `page`: the response with the form. */
export interface SentForm {
  page: Operation;
  operation: Operation;
}

interface Refusals {
  /** Number of refused forms from before the first fault. */
  old: number;
  /** Number of refused newer forms. */
  fresh: number;
  example?: SentForm & { after: Operation };
}

export class OutdatedForms {
  #accepted = 0;
  #refused = 0;
  #freshSent = 0;
  /** The refused forms, by kind of response. */
  readonly #kinds = new Map<string, Refusals>();

  /** Number of forms from before the first fault that were accepted or refused. */
  get sent(): number {
    return this.#accepted + this.#refused;
  }

  /**
   * Adds a form from before the first fault.
   *
   * @param refused the form of the session that was refused before
   * @param compares false if an error may be due to the end of the fault
   * @returns the refused form of the session. It counts when a newer form of the session is accepted
   */
  addOld(form: SentForm, refused: SentForm | undefined, compares: boolean): SentForm | undefined {
    const { operation } = form;
    // If the same form is accepted later, the refusal was temporary.
    if (operation.outcome === 'ok') this.#accepted++;
    if (operation.outcome === 'ok') return undefined;
    if (refusalOf(operation) === undefined || (!compares && (operation.status ?? 0) >= 500)) return refused;
    return refused ?? form;
  }

  /** Adds a form from after a fault. @param refused the older form of the session that was refused */
  addNewer(operation: Operation, refused: SentForm | undefined): void {
    const kind = refusalOf(operation);
    if (operation.outcome === 'ok' || kind !== undefined) this.#freshSent++;
    if (kind !== undefined) this.#of(kind).fresh++;
    if (operation.outcome !== 'ok' || refused === undefined) return;
    this.#refused++;
    const refusals = this.#of(refusalOf(refused.operation) ?? '');
    refusals.old++;
    refusals.example ??= { ...refused, after: operation };
  }

  #of(kind: string): Refusals {
    return getOrInsert(this.#kinds, kind, () => ({ old: 0, fresh: 0 }));
  }

  differences(): Violation[] {
    return [...this.#kinds].flatMap(([kind, { old, fresh, example }]) => {
      if (example === undefined || old < ENOUGH || old <= this.sent - old) return [];
      return old / this.sent < (RARER * fresh) / this.#freshSent ? [] : [this.#refuses(kind, old, example)];
    });
  }

  #refuses(
    kind: string,
    times: number,
    { page, operation, after }: Required<Refusals>['example'],
  ): Violation {
    const age = seconds(operation.call - page.call);
    return {
      at: operation,
      summary: `forms from before the fault get ${kind} after it, in ${times} of ${this.sent} sessions`,
      witness: stepsOf(
        [page, 'a page with a form'],
        [operation, kind, 'success: the session lives, and its form was correct'],
        [after, 'success, with the form of a newer page'],
      ),
      notes: [`the page was ${age} old: if forms expire sooner, the app is right to refuse this one`],
    };
  }
}

/** Returns the kind of a refusal; undefined if there is none, or if a lost session or overload explains it. */
function refusalOf(operation: Operation): string | undefined {
  const kind = operation.outcome === 'ok' ? undefined : kindOf(operation);
  return kind === 'signed out' ? undefined : kind;
}
