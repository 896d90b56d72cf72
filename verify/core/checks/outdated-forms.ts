/** Finds out whether the app refuses old forms: forms on pages that it sent before the first fault. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { seconds } from '../result/format.ts';
import { type Violation, violation } from './framework.ts';
import { kindOf } from './refusals.ts';

const ENOUGH = 3;
/** Minimum ratio of the rate of refused old forms to the rate of refused newer forms, for a violation. */
const RARER = 2;

export interface SentForm {
  page: Operation;
  operation: Operation;
}

interface Refusals {
  old: number;
  fresh: number;
  example?: SentForm & { after: Operation };
}

export class OutdatedForms {
  #accepted = 0;
  #refused = 0;
  #freshSent = 0;
  readonly #kinds = new Map<string, Refusals>();

  /** Number of old forms that were accepted, or were refused in a session whose newer form was accepted. */
  get sent(): number {
    return this.#accepted + this.#refused;
  }

  /**
   * Returns the session's first refused form; undefined after an accepted form.
   *
   * @param compares false during a fault
   */
  addOld(form: SentForm, refused: SentForm | undefined, compares: boolean): SentForm | undefined {
    const { operation } = form;
    // A form that is accepted later was refused only temporarily.
    if (operation.outcome === 'ok') {
      this.#accepted++;
      return undefined;
    }
    if (refusalOf(operation) === undefined || (!compares && (operation.status ?? 0) >= 500)) return refused;
    return refused ?? form;
  }

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
      if (old / this.sent < (RARER * fresh) / this.#freshSent) return [];
      const { page, operation, after } = example;
      const age = seconds(operation.call - page.call);
      const refused = violation(
        `forms from before the fault get ${kind} after it, in ${old} of ${this.sent} sessions`,
        [page, 'a page with a form'],
        [operation, kind, 'success: the session lives, and its form was correct'],
        [after, 'success, with the form of a newer page'],
      );
      const notes = [`the form was ${age} old: if the app's forms expire sooner, this refusal is correct`];
      return [{ ...refused, notes }];
    });
  }
}

/** Returns how a form was refused, such as `403`; undefined for a success, a lost session, or an overloaded app. */
function refusalOf(operation: Operation): string | undefined {
  const kind = operation.outcome === 'ok' ? undefined : kindOf(operation);
  return kind === 'signed out' ? undefined : kind;
}
