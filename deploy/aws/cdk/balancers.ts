/** Defines the two kinds of AWS load balancers: application and classic. */
import {
  Aws,
  aws_elasticloadbalancingv2 as alb,
  CfnCondition,
  type CfnResource,
  type aws_ec2 as ec2,
  aws_elasticloadbalancing as elb,
  Fn,
  type Stack,
  Token,
} from 'aws-cdk-lib';

export interface Https {
  certificate: string;
  /** Name of the site, for which the certificate is valid. */
  host: string;
}

export interface BalancerProps {
  vpc: ec2.Vpc;
  group: ec2.SecurityGroup;
  port: number;
  /** 'true' if the balancer pins each client to one instance, otherwise 'false'. */
  sticky: string;
  https: Https | undefined;
}

export interface BalancerMetrics {
  namespace: string;
  dimensions: Record<string, string>;
  unhealthy: string;
  /** Names of two metrics: 5xx responses of the balancer itself, and of instances. */
  errors: readonly string[];
}

export interface Balancer {
  address: string;
  metrics: BalancerMetrics;
  /** Listeners must exist before an instance is registered. */
  listeners: readonly CfnResource[];
  /** Names of classic balancers or target groups, with which the Auto Scaling group registers instances. */
  names?: string[];
  targets?: string[];
}

/** `interval` and `timeout` are seconds; `unhealthy` and `healthy` are numbers of consecutive health checks. */
const CHECK = { interval: 5, timeout: 2, unhealthy: 2, healthy: 2 };
/** Seconds for requests in flight to a removed instance: DRAIN_MS + SHUTDOWN_MS of user-data.sh. */
const DRAIN = 25;
/** Lifetime of the cookie that pins a client to its instance, seconds. */
const COOKIE = 86_400;

export function applicationBalancer(
  stack: Stack,
  { vpc, group, port, sticky, https }: BalancerProps,
): Balancer {
  const balancer = new alb.CfnLoadBalancer(stack, 'Balancer', {
    // AWS generates names with capitals, but browsers send lower-case origins, which the bucket's CORS rule must
    // equal.
    name: Aws.STACK_NAME,
    scheme: 'internet-facing',
    securityGroups: [group.securityGroupId],
    subnets: vpc.publicSubnets.map(({ subnetId }) => subnetId),
  });
  const targets = new alb.CfnTargetGroup(stack, 'Targets', {
    vpcId: vpc.vpcId,
    protocol: 'HTTP',
    port,
    targetType: 'instance',
    healthCheckProtocol: 'HTTP',
    healthCheckPort: `${port}`,
    healthCheckPath: '/readyz',
    healthCheckIntervalSeconds: CHECK.interval,
    healthCheckTimeoutSeconds: CHECK.timeout,
    unhealthyThresholdCount: CHECK.unhealthy,
    healthyThresholdCount: CHECK.healthy,
    targetGroupAttributes: Object.entries({
      'deregistration_delay.timeout_seconds': `${DRAIN}`,
      'stickiness.enabled': sticky,
      'stickiness.type': 'lb_cookie',
      'stickiness.lb_cookie.duration_seconds': `${COOKIE}`,
    }).map(([key, value]) => ({ key, value })),
  });
  const listener = new alb.CfnListener(stack, 'Listener', {
    loadBalancerArn: balancer.ref,
    ...(https === undefined
      ? { port, protocol: 'HTTP' }
      : {
          port: 443,
          protocol: 'HTTPS',
          certificates: [{ certificateArn: https.certificate }],
          sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
        }),
    defaultActions: [{ type: 'forward', targetGroupArn: targets.ref }],
  });
  return {
    address: balancer.attrDnsName,
    listeners: [listener],
    targets: [targets.ref],
    metrics: {
      namespace: 'AWS/ApplicationELB',
      dimensions: {
        LoadBalancer: balancer.attrLoadBalancerFullName,
        TargetGroup: targets.attrTargetGroupFullName,
      },
      unhealthy: 'UnHealthyHostCount',
      errors: ['HTTPCode_ELB_5XX_Count', 'HTTPCode_Target_5XX_Count'],
    },
  };
}

export function classicBalancer(stack: Stack, { vpc, group, port, sticky, https }: BalancerProps): Balancer {
  const condition = new CfnCondition(stack, 'IsSticky', { expression: Fn.conditionEquals(sticky, 'true') });
  const balancer = new elb.CfnLoadBalancer(stack, 'Balancer', {
    loadBalancerName: Aws.STACK_NAME,
    scheme: 'internet-facing',
    securityGroups: [group.securityGroupId],
    subnets: vpc.publicSubnets.map(({ subnetId }) => subnetId),
    listeners: [
      {
        ...(https === undefined
          ? { protocol: 'HTTP', loadBalancerPort: `${port}` }
          : { protocol: 'HTTPS', loadBalancerPort: '443', sslCertificateId: https.certificate }),
        instanceProtocol: 'HTTP',
        instancePort: `${port}`,
        policyNames: Token.asList(Fn.conditionIf(condition.logicalId, ['sticky'], Aws.NO_VALUE)),
      },
    ],
    lbCookieStickinessPolicy: [{ policyName: 'sticky', cookieExpirationPeriod: `${COOKIE}` }],
    healthCheck: {
      target: `TCP:${port}`,
      interval: `${CHECK.interval}`,
      timeout: `${CHECK.timeout}`,
      unhealthyThreshold: `${CHECK.unhealthy}`,
      healthyThreshold: `${CHECK.healthy}`,
    },
    connectionDrainingPolicy: { enabled: true, timeout: DRAIN },
    crossZone: true,
  });
  return {
    address: balancer.attrDnsName,
    listeners: [],
    names: [balancer.ref],
    metrics: {
      namespace: 'AWS/ELB',
      dimensions: { LoadBalancerName: balancer.ref },
      unhealthy: 'UnHealthyHostCount',
      errors: ['HTTPCode_ELB_5XX', 'HTTPCode_Backend_5XX'],
    },
  };
}
