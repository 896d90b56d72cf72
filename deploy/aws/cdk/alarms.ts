import { aws_cloudwatch as cloudwatch, Duration, type Stack, aws_sns as sns } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { BalancerMetrics } from './balancers.ts';

interface AlarmOn {
  namespace: string;
  dimensionsMap: Record<string, string>;
  metricName: string;
  statistic: string;
  threshold: number;
  minutes: number;
}

/**
 * Adds the alarms. Returns their SNS topic, which has no subscribers yet.
 * @param replicationGroup id of the replication group; the names of its two nodes come from this id
 */
export function addAlarms(stack: Stack, balancer: BalancerMetrics, replicationGroup: string): sns.Topic {
  const topic = new sns.Topic(stack, 'Alarms');
  const alarm = (id: string, { metricName, statistic, threshold, minutes, ...of }: AlarmOn) =>
    new cloudwatch.Alarm(stack, id, {
      metric: new cloudwatch.Metric({ ...of, metricName, statistic, period: Duration.minutes(1) }),
      threshold,
      evaluationPeriods: minutes,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(topic));

  const { namespace, dimensions: dimensionsMap, unhealthy, errors } = balancer;
  const front = { namespace, dimensionsMap };
  alarm('Unhealthy', { ...front, metricName: unhealthy, statistic: 'Maximum', threshold: 0, minutes: 3 });
  for (const metricName of errors)
    alarm(metricName.replaceAll('_', ''), {
      ...front,
      metricName,
      statistic: 'Sum',
      threshold: 5,
      minutes: 1,
    });
  for (const node of ['001', '002']) {
    const store = {
      namespace: 'AWS/ElastiCache',
      dimensionsMap: { CacheClusterId: `${replicationGroup}-${node}` },
      statistic: 'Maximum',
    };
    // Redis refuses new sessions if its memory is full. A failover loses writes that the replica lacks.
    alarm(`Memory${node}`, {
      ...store,
      metricName: 'DatabaseMemoryUsagePercentage',
      threshold: 80,
      minutes: 5,
    });
    alarm(`Lag${node}`, { ...store, metricName: 'ReplicationLag', threshold: 1, minutes: 5 });
  }
  return topic;
}
