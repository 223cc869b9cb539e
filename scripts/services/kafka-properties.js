// @ts-check
import { join } from 'node:path'

/**
 * server.properties of one node. The first node is the controller as well.
 * @param {object} options
 * @param {number} options.id from 1
 * @param {number} options.nodes
 * @param {string} options.home its folder
 * @param {number} options.port where clients come in
 * @param {number} options.insidePort where other nodes come in, and whoever asks whether it is ready
 * @param {number} options.controllerPort of the first node
 * @param {Readonly<Record<string, string>>} options.users passwords by name; empty: clients come in without
 * @param {Readonly<Record<string, string>>} options.settings over ours
 */
export function kafkaProperties({ id, nodes, home, port, insidePort, controllerPort, users, settings }) {
  const first = id === 1
  const addresses = `HOST://127.0.0.1:${port},INSIDE://127.0.0.1:${insidePort}`
  const hasUsers = Object.keys(users).length > 0
  const passwords = Object.entries(users)
    .map(([name, password]) => `user_${name}="${password}"`)
    .join(' ')
  const copies = String(Math.min(nodes, 3))
  const properties = {
    'process.roles': first ? 'broker,controller' : 'broker',
    'node.id': String(id),
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INSIDE',
    listeners: `${addresses}${first ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
    'advertised.listeners': addresses,
    'listener.security.protocol.map': `HOST:${hasUsers ? 'SASL_PLAINTEXT' : 'PLAINTEXT'},INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    ...(hasUsers && {
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.host.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${passwords};`,
    }),
    'log.dirs': join(home, 'data'),
    // A topic that a test forgot to make is a mistake.
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // Tests stop a process for longer than its session, and do not want to wait for long.
    'group.min.session.timeout.ms': '1000',
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': '1',
    // A broker that was killed is let in again when its session is over.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // Readings have old event times and never expire.
    'log.retention.ms': '-1',
    'log.message.timestamp.before.max.ms': '9223372036854775807',
    'log.message.timestamp.after.max.ms': '9223372036854775807',
    ...settings,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
