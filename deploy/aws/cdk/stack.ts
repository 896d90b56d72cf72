/** Defines the card store on AWS: a balancer, an Auto Scaling group of two instances, and Valkey in ElastiCache. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Aws,
  aws_autoscaling as autoscaling,
  CfnOutput,
  CfnParameter,
  Duration,
  aws_ec2 as ec2,
  aws_elasticache as elasticache,
  aws_iam as iam,
  aws_logs as logs,
  RemovalPolicy,
  Stack,
  type StackProps,
  aws_s3 as s3,
  aws_secretsmanager as secrets,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addAlarms } from './alarms.ts';
import type { Balancer, BalancerProps, Https } from './balancers.ts';

interface CardStoreProps extends StackProps {
  balancer: (stack: Stack, props: BalancerProps) => Balancer;
  /** Certificate for HTTPS; undefined for HTTP on port 8080. */
  https: Https | undefined;
}

const REDIS = 6379;
const APP = 8080;
const USER_DATA = join(import.meta.dirname, '../user-data.sh');

export class CardStore extends Stack {
  constructor(scope: Construct, id: string, { balancer: make, https, ...props }: CardStoreProps) {
    super(scope, id, { description: 'The card store of Baton: docs/aws.md', ...props });
    const vpc = this.network();
    const front = new ec2.SecurityGroup(this, 'BalancerGroup', { vpc, description: 'Balancer: clients' });
    front.addIngressRule(ec2.Peer.anyIpv4(), ec2.Port.tcp(https === undefined ? APP : 443), 'clients');
    const own = new ec2.SecurityGroup(this, 'Group', { vpc, description: 'Instances and Redis' });
    own.addIngressRule(front, ec2.Port.tcp(APP), 'from the balancer');
    own.addIngressRule(own, ec2.Port.tcp(REDIS), 'from the instances');

    const sticky = this.parameter('Sticky', {
      default: 'false',
      allowedValues: ['true', 'false'],
      description: 'true: the balancer keeps each client on one instance.',
    });
    const balancer = make(this, { vpc, group: front, port: APP, sticky, https });
    const url = https === undefined ? `http://${balancer.address}:${APP}` : `https://${https.host}`;

    const token = this.secret('RedisToken', 'AUTH of Redis');
    const store = this.store(vpc, own, token);
    const log = new logs.LogGroup(this, 'Log', {
      retention: logs.RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const pictures = this.pictures(url);
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      // Operators get a shell on the instances without SSH: aws ssm start-session.
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    const sessions = this.secret('SessionSecret', 'signs cookies');
    for (const secret of [token, sessions]) secret.grantRead(role);
    log.grantWrite(role);
    pictures.grantPut(role, 'uploads/*');
    pictures.grantPut(role, 'pictures/*');
    pictures.grantRead(role, 'uploads/*');

    const group = this.instances(vpc, own, role, {
      LOG_GROUP: log.logGroupName,
      REDIS_URL: `rediss://:${printed(token)}@${store.attrPrimaryEndPointAddress}:${REDIS}`,
      SESSION_SECRET: printed(sessions),
      EXPIRY_EVENTS: 'true',
      S3_BUCKET: pictures.bucketName,
      S3_REGION: Aws.REGION,
      PUBLIC_URL: url,
    });
    group.loadBalancerNames = balancer.names;
    group.targetGroupArns = balancer.targets;
    for (const listener of balancer.listeners) group.addResourceDependency(listener);

    const topic = addAlarms(this, balancer.metrics, Aws.STACK_NAME);
    const outputs = {
      Url: url,
      AutoScalingGroupName: group.ref,
      ReplicationGroup: store.ref,
      PicturesBucket: pictures.bucketName,
      LogGroup: log.logGroupName,
      AlarmTopic: topic.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  /** Each of two zones has a public subnet for the balancer, and a private subnet for instances and Redis. */
  private network(): ec2.Vpc {
    return new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 1,
      restrictDefaultSecurityGroup: false,
      // Amazon Linux downloads its packages from S3, which this endpoint makes free.
      gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
  }

  private parameter(name: string, props: object): string {
    return new CfnParameter(this, name, props).valueAsString;
  }

  private secret(name: string, description: string): secrets.Secret {
    return new secrets.Secret(this, name, {
      description,
      // ElastiCache accepts 16 to 128 characters. Without punctuation, the password is safe in a URL.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
  }

  /** The store has a primary, and a replica in another zone that replaces a failed primary. */
  private store(
    vpc: ec2.Vpc,
    group: ec2.SecurityGroup,
    token: secrets.Secret,
  ): elasticache.CfnReplicationGroup {
    const subnets = new elasticache.CfnSubnetGroup(this, 'RedisSubnets', {
      description: 'private subnets',
      subnetIds: vpc.privateSubnets.map(({ subnetId }) => subnetId),
    });
    const parameters = new elasticache.CfnParameterGroup(this, 'RedisParameters', {
      cacheParameterGroupFamily: 'valkey8',
      description: 'reports expired sessions, and never evicts one',
      properties: { 'notify-keyspace-events': 'Ex', 'maxmemory-policy': 'noeviction' },
    });
    return new elasticache.CfnReplicationGroup(this, 'Redis', {
      replicationGroupId: Aws.STACK_NAME,
      replicationGroupDescription: 'sessions of the card store',
      engine: 'valkey',
      engineVersion: '8.0',
      cacheNodeType: this.parameter('CacheType', { default: 'cache.t4g.micro' }),
      numNodeGroups: 1,
      replicasPerNodeGroup: 1,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      port: REDIS,
      securityGroupIds: [group.securityGroupId],
      cacheSubnetGroupName: subnets.ref,
      cacheParameterGroupName: parameters.ref,
      transitEncryptionEnabled: true,
      atRestEncryptionEnabled: true,
      authToken: token.secretValue.unsafeUnwrap(),
      snapshotRetentionLimit: 1,
      snapshotWindow: '03:00-04:00',
      preferredMaintenanceWindow: 'sun:04:30-sun:05:30',
    });
  }

  /** Browsers upload to `uploads/` with a signed form. The app copies accepted pictures to the public `pictures/`. */
  private pictures(url: string): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Pictures', {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ACLS_ONLY,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Uploads by a script need CORS. Uploads by a form do not.
      cors: [
        { allowedOrigins: [url], allowedMethods: [s3.HttpMethods.POST], allowedHeaders: ['*'], maxAge: 3600 },
      ],
      lifecycleRules: [{ prefix: 'uploads/', expiration: Duration.days(1) }],
      removalPolicy: RemovalPolicy.DESTROY,
    });
    bucket.grantPublicAccess('pictures/*', 's3:GetObject');
    return bucket;
  }

  /** @param values key: NAME; value: the text that replaces `@NAME@` in user-data.sh */
  private instances(
    vpc: ec2.Vpc,
    group: ec2.SecurityGroup,
    role: iam.Role,
    values: Record<string, string>,
  ): autoscaling.CfnAutoScalingGroup {
    const release = {
      RELEASE_URL: this.parameter('ReleaseUrl', {
        allowedPattern: `https?://[^\\s'"]+`,
        description: 'Address of a release: the tar.gz of a checkout with node_modules.',
      }),
      RELEASE_SHA256: this.parameter('ReleaseSha256', { allowedPattern: '[0-9a-f]{64}' }),
    };
    const data = Object.entries({ ...release, ...values }).reduce(
      (text, [name, value]) => text.replaceAll(`@${name}@`, () => value),
      readFileSync(USER_DATA, 'utf8'),
    );
    const template = new ec2.LaunchTemplate(this, 'Template', {
      launchTemplateName: Aws.STACK_NAME,
      machineImage: ec2.MachineImage.latestAmazonLinux2023(),
      instanceType: new ec2.InstanceType(this.parameter('InstanceType', { default: 't3.small' })),
      securityGroup: group,
      role,
      userData: ec2.UserData.custom(data),
      requireImdsv2: true,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: ec2.BlockDeviceVolume.ebs(8, { encrypted: true, volumeType: ec2.EbsDeviceVolumeType.GP3 }),
        },
      ],
    });
    const instances = new autoscaling.CfnAutoScalingGroup(this, 'Instances', {
      autoScalingGroupName: Aws.STACK_NAME,
      launchTemplate: {
        launchTemplateId: template.launchTemplateId ?? '',
        version: template.latestVersionNumber,
      },
      minSize: '2',
      maxSize: '2',
      desiredCapacity: '2',
      terminationPolicies: ['OldestInstance'],
      healthCheckType: 'ELB',
      healthCheckGracePeriod: 300,
      defaultInstanceWarmup: 120,
      // A replacement starts before the old instance ends.
      instanceMaintenancePolicy: { minHealthyPercentage: 100, maxHealthyPercentage: 150 },
      vpcZoneIdentifier: vpc.privateSubnets.map(({ subnetId }) => subnetId),
      tags: [{ key: 'Name', value: Aws.STACK_NAME, propagateAtLaunch: true }],
    });
    // A change of the launch template replaces the instances one by one. cfn-lint 1.51 does not know this update
    // policy.
    instances.cfnOptions.updatePolicy = { autoScalingInstanceRefresh: { strategy: 'Rolling' } };
    instances.addMetadata('cfn-lint', { config: { ignore_checks: ['E3016'] } });
    // An instance needs the role's permissions, and a way to the internet, from its first start.
    instances.node.addDependency(
      role,
      ...vpc.privateSubnets.map(subnet => subnet.internetConnectivityEstablished),
    );
    return instances;
  }
}

/** Returns a command for user-data.sh that prints a secret. */
const printed = (secret: secrets.Secret): string =>
  `$(aws secretsmanager get-secret-value --region ${Aws.REGION} --secret-id ${secret.secretArn} ` +
  '--query SecretString --output text)';
