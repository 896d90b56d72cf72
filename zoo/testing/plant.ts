/** The frame of a test that a defect happens, and only to whom its entry says. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Deployed, deploy } from '../deploy.ts';
import { DEFECTS } from '../index.ts';
import { ordinaryVisit } from './visit.ts';
import { Visitor } from './visitor.ts';

export interface Plant {
  /** The balancer's address. */
  readonly url: string;
  /** Those of the instances, past the balancer. */
  readonly direct: readonly string[];
  /** Somebody at the balancer, or at other addresses; each number is another account. */
  visitor(user?: number, urls?: readonly string[]): Visitor;
}

export interface PlantOptions {
  /**
   * Where somebody who does one thing after the other, waits for nothing and replays nothing must see nothing:
   * on one instance unless the defect is in the balancer. `nowhere`: the defect needs no more than that.
   */
  ordinary?: 'one instance' | 'balancer' | 'nowhere';
}

/** For `until`: what depends on chance gets time, not one try. */
export const soon = (what: string) => ({ withinMs: 20_000, what });

/** Deploys a defect, has somebody visit it in an ordinary way, and runs `scripts`: what happens → how it is shown. */
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
    it.runIf(ordinary !== 'nowhere')(`shows nothing to an ordinary visit ${place}`, async () => {
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
