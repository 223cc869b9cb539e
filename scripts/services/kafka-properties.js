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
 * @param {Readonly<Record<string, import('./service.js').Listener & { readonly port: number }>>} options.listeners more ways in
 * @param {Readonly<Record<string, string>>} options.settings over ours
 */
export function kafkaProperties({ id, nodes, home, port, insidePort, controllerPort, users, listeners, settings }) {
  const first = id === 1
  const hasUsers = Object.keys(users).length > 0
  /** @type {typeof listeners} */
  const doors = { HOST: { protocol: hasUsers ? 'SASL_PLAINTEXT' : 'PLAINTEXT', port }, ...listeners }
  const addresses = [...Object.entries(doors), /** @type {const} */ (['INSIDE', { port: insidePort }])]
    .map(([name, door]) => `${name}://127.0.0.1:${door.port}`)
    .join(',')
  const protocols = Object.entries(doors).map(([name, { protocol }]) => `${name}:${protocol}`)
  const copies = String(Math.min(nodes, 3))
  const properties = {
    'process.roles': first ? 'broker,controller' : 'broker',
    'node.id': String(id),
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INSIDE',
    listeners: `${addresses}${first ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
    'advertised.listeners': addresses,
    'listener.security.protocol.map': [...protocols, 'INSIDE:PLAINTEXT', 'CONTROLLER:PLAINTEXT'].join(','),
    ...(hasUsers && { 'sasl.enabled.mechanisms': mechanisms.join(',') }),
    ...Object.assign({}, ...Object.entries(doors).map(([name, door]) => settingsOf(name, door, users))),
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

const mechanisms = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
const modules = 'org.apache.kafka.common.security'

/**
 * How one listener lets clients in. Tokens of OAUTHBEARER are believed without a signature.
 * @param {string} name
 * @param {import('./service.js').Listener} listener
 * @param {Readonly<Record<string, string>>} users
 */
function settingsOf(name, { protocol, settings = {} }, users) {
  const passwords = Object.entries(users).map(([user, password]) => ` user_${user}="${password}"`)
  const jaas = {
    plain: `${modules}.plain.PlainLoginModule required${passwords.join('')};`,
    'scram-sha-256': `${modules}.scram.ScramLoginModule required;`,
    'scram-sha-512': `${modules}.scram.ScramLoginModule required;`,
    oauthbearer: `${modules}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  }
  const own = {
    ...(protocol.startsWith('SASL') &&
      Object.fromEntries(Object.entries(jaas).map(([mechanism, config]) => [`${mechanism}.sasl.jaas.config`, config]))),
    ...settings,
  }
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value]))
}

/**
 * What the first start of a node is told of users: SCRAM keeps them in the cluster's metadata.
 * @param {Readonly<Record<string, string>>} users
 */
export function scramUsers(users) {
  return Object.entries(users).flatMap(([name, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  )
}
