import { Agent, DecoratorHandler, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { messageOf, WindrowError } from '../../core/errors.ts'

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'] as const
// Nothing else may end a call than the clock that was handed in.
const NO_LIMITS = { headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 0 } } as const

/**
 * Connections for one upstream: by the proxy that HTTPS_PROXY and HTTP_PROXY name, unless NO_PROXY excepts the host or it is this machine.
 * Throws WR_UPSTREAM_PROXY where no proxy can be made of them.
 */
export function httpAgent(baseUrl: URL): Dispatcher {
  const isProxied = PROXY_VARIABLES.some((name) => (process.env[name] ?? '') !== '')
  if (!isProxied || isLoopback(baseUrl.hostname)) return new Agent(NO_LIMITS)
  try {
    return new EnvHttpProxyAgent(NO_LIMITS)
  } catch (error) {
    // The error of a wrong URL carries the URL, which may hold a password: it is no cause to pass on.
    throw new WindrowError('WR_UPSTREAM_PROXY', {
      message: `No proxy can be made of HTTPS_PROXY and HTTP_PROXY: ${messageOf(error)}.`,
      remedy: 'Set them to the URL of the proxy, for instance http://proxy.example:3128, or unset them.',
      kind: 'usage',
    })
  }
}

/** The same connections, which tell when a request has one of its own. */
export function tellingConnection(agent: Dispatcher, onConnection: () => void): Dispatcher {
  return agent.compose((dispatch) => (options, handler) => dispatch(options, new ConnectionTeller(handler, onConnection)))
}

class ConnectionTeller extends DecoratorHandler implements Dispatcher.DispatchHandlers {
  private readonly inner: Dispatcher.DispatchHandlers
  private readonly onConnection: () => void

  constructor(inner: Dispatcher.DispatchHandlers, onConnection: () => void) {
    super(inner)
    this.inner = inner
    this.onConnection = onConnection
  }

  onConnect(abort: (error?: Error) => void): void {
    this.onConnection()
    this.inner.onConnect?.(abort)
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
