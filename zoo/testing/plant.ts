/** Declares the tests of a defect: scripts that show the defect, and an ordinary visit that must not show it. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Deployed, deploy } from '../deploy.ts';
import { DEFECTS } from '../index.ts';
import { ordinaryVisit } from './visit.ts';
import { Visitor } from './visitor.ts';

export interface Plant {
  readonly url: string;
  /** Addresses of the instances, for requests that bypass the balancer. */
  readonly direct: readonly string[];
  /**
   * Returns a visitor, who sends requests to the balancer or to the addresses `urls`.
   * @param user number of the visitor's account
   */
  visitor(user?: number, urls?: readonly string[]): Visitor;
}

export interface PlantOptions {
  /**
   * Where an ordinary visit does not show the defect: on one instance, or also through the balancer. `nowhere`: every
   * visit shows the defect. An ordinary visit sends requests in sequence, waits for no timeout, and replays no cookies.
   */
  ordinary?: 'one instance' | 'balancer' | 'nowhere';
}

/** Returns options for `until`: wait up to 20 s for an event that occurs by chance. */
export const soon = (what: string) => ({ withinMs: 20_000, what });

/**
 * Declares the tests of a defect.
 * @param scripts key: name of a test; value: a test that shows the defect
 */
export function plant(
  name: string,
  scripts: Record<string, (plant: Plant) => Promise<void>>,
  { ordinary = 'one instance' }: PlantOptions = {},
): void {
  describe(name, { concurrent: true }, () => {
    let deployed: Deployed;
    beforeAll(async () => {
      const defect = DEFECTS.find(one => one.name === name);
      if (defect === undefined) throw new Error(`expected a defect ${name} in the zoo`);
      deployed = await deploy(defect);
    });
    afterAll(() => deployed?.stop());

    const place = ordinary === 'balancer' ? 'through the balancer' : 'on one instance';
    it.runIf(ordinary !== 'nowhere')(`is not shown by an ordinary visit ${place}`, async () => {
      const { stack, target } = deployed;
      const [first] = stack.instances();
      await ordinaryVisit(new Visitor(target, [ordinary === 'balancer' ? stack.url : (first?.url ?? '')], 2));
    });

    it.each(Object.entries(scripts))('%s', async (_, script) => {
      const { stack, target } = deployed;
      await script({
        url: stack.url,
        direct: stack.instances().map(instance => instance.url),
        visitor: (user = 0, urls = [stack.url]) => new Visitor(target, urls, user),
      });
    });
  });
}
