import { afterEach, beforeEach, expect, it } from 'vitest';
import { Bench } from './testing/try.ts';

/** The fake AWS CLI. Its file `instances` lists the instances in service, one per line. */
const STAND_IN = `
case "$*" in
  *MinSize*) cat warning sizes ;;
  *"length("*) grep -c . instances ;;
  *InstanceId*) cat instances ;;
  *terminate-instances*)
    [ ! -e refused ] || { echo UnauthorizedOperation; exit 254; }
    printf 'i-0b\\ni-0c\\n' >instances ;;
  *State.Name*) echo shutting-down ;;
  *start-instance-refresh*) printf 'i-0d\\ni-0e\\n' >instances ;;
  *describe-instance-refreshes*) cat refresh ;;
  *update-auto-scaling-group*)
    wanted=$(echo "$*" | sed 's/.*--desired-capacity \\([0-9]*\\).*/\\1/')
    seq "$wanted" | sed 's/^/i-/' >instances ;;
  *NodeGroupId\\ *) cat warning; echo 0001 ;;
  *CurrentRole*)
    [ ! -e expired ] || { echo ExpiredToken; exit 254; }
    cat primary ;;
  *test-failover*)
    [ ! -e expires ] || mv expires expired
    [ -e stays ] || echo cards-002 >primary ;;
  *Status*) echo available ;;
esac
`;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  const files = {
    instances: 'i-0a\ni-0b\n',
    sizes: '2\t2\t2\n',
    refresh: 'Successful\n',
    primary: 'cards-001\n',
    warning: 'urllib3 2.31: Python 3.9 ends in 2025\n',
  };
  bench.standIn('aws', STAND_IN, files);
});
afterEach(() => bench.remove());

const cards = (more: object = {}) => ({ cards: { autoScaling: { group: 'cards', ...more }, within: '90s' } });
const redis = { redis: { elastiCache: { replicationGroup: 'cards' }, within: '2s' } };
const changes = (): string[] => bench.commands().filter(order => !/^\S+ describe/.test(order));
const update = (min: number, max: number, desired: number): string =>
  'autoscaling update-auto-scaling-group --auto-scaling-group-name cards ' +
  `--min-size ${min} --max-size ${max} --desired-capacity ${desired} --output text`;

it('terminate-instance terminates one, and waits for its successor', async () => {
  const { bit, did, heal } = await bench.inject(cards(), 'cards-terminate-instance', 3);
  await heal();
  const [instance = ''] = /i-0[ab]/.exec(did ?? '') ?? [];
  expect([bit, did]).toEqual([true, `${instance} terminated`]);
  expect(changes()).toEqual([`ec2 terminate-instances --instance-ids ${instance} --output text`]);
  expect(bench.commands().at(-1)).toContain(`InstanceId!='${instance}'])`);
});

it('terminate-instance waits for nothing if AWS refuses it', async () => {
  bench.put('refused', '');
  await expect(bench.inject(cards(), 'cards-terminate-instance')).rejects.toThrow(/UnauthorizedOperation/);
  expect(bench.commands().at(-1)).toContain('terminate-instances');
});

it('instance-refresh waits for its end, and has taken effect when none of the old instances is left', async () => {
  const { bit, did, heal } = await bench.inject(cards(), 'cards-instance-refresh');
  await heal();
  expect([bit, did]).toEqual([true, '2 instances replaced by 2']);
  expect(changes()).toEqual([
    'autoscaling start-instance-refresh --auto-scaling-group-name cards --output text',
  ]);
});

it('instance-refresh fails if the refresh fails', async () => {
  bench.put('refresh', 'RollbackSuccessful\n');
  await expect(bench.inject(cards(), 'cards-instance-refresh')).rejects.toThrow(
    'expected the instance refresh of cards to end as Successful, got RollbackSuccessful; ',
  );
});

it.each([
  ['scale-out', update(2, 3, 3), 3],
  ['scale-in', update(1, 2, 1), 1],
])('%s moves a limit of the group where it must, and back', async (action, scaled, size) => {
  const { bit, did, heal } = await bench.inject(cards(), `cards-${action}`);
  await heal();
  expect([bit, did]).toEqual([true, `scaled from 2 to ${size}`]);
  expect(changes()).toEqual([scaled, update(2, 2, 2)]);
});

it('goes to the region and the profile that are named, and never below one instance', async () => {
  bench.put('sizes', '1\t1\t1\n');
  const there = cards({ region: 'eu-central-1', profile: 'staging' });
  await expect(bench.inject(there, 'cards-scale-in')).rejects.toThrow(
    'to have two instances or more, it has 1',
  );
  expect(bench.commands()).toEqual([
    expect.stringMatching(/^autoscaling describe.* --output text --region eu-central-1 --profile staging$/),
  ]);
});

it('says which group it does not find', async () => {
  bench.put('instances', '');
  bench.put('sizes', 'None\n');
  for (const action of ['terminate-instance', 'scale-out'])
    await expect(bench.inject(cards(), `cards-${action}`)).rejects.toThrow(
      /cards.*found none in this region/,
    );
});

it('test-failover waits for another primary, and then until the group is available', async () => {
  expect(bench.fault(redis, 'redis-test-failover').part).toBe('store');
  const { bit, did, heal } = await bench.inject(redis, 'redis-test-failover');
  await heal();
  expect([bit, did]).toEqual([true, 'cards-002 took over from cards-001']);
  expect(changes()).toEqual([
    'elasticache test-failover --replication-group-id cards --node-group-id 0001 --output text',
  ]);
  expect(bench.commands().at(-1)).toContain('ReplicationGroups[0].Status');
});

it('test-failover has no effect if the primary stays, and needs one that ElastiCache names', async () => {
  bench.put('stays', '');
  expect(await bench.inject(redis, 'redis-test-failover')).toMatchObject({
    bit: false,
    did: 'cards-001 stayed the primary',
  });
  bench.put('primary', '');
  await expect(bench.inject(redis, 'redis-test-failover')).rejects.toThrow('cluster mode is disabled');
});

it('test-failover reports the error of AWS if AWS does not say which node is the primary', async () => {
  bench.put('expires', '');
  await expect(bench.inject(redis, 'redis-test-failover')).rejects.toThrow('ExpiredToken');
});
