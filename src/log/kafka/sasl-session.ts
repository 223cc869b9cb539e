import { AuthenticationError, type SASLOptions, saslOAuthBearer, saslPlain, saslScramSha } from '@platformatic/kafka'

/**
 * Signs in by the library's means, but tells how long the broker lets the session live (milliseconds, 0: for ever) instead of having
 * the library sign in again on the connection while other requests are on it, which brokers answer by closing it. A token that the
 * broker does not take is an error: it says so in an answer of success and then waits.
 */
export function saslSession(options: SASLOptions, onLifetime: (ms: number) => void): SASLOptions {
  const authenticate: SASLOptions['authenticate'] = (
    mechanism,
    connection,
    request,
    username = '',
    password = '',
    token,
    done,
  ) => {
    const finish: typeof done = (error, answer) => {
      if (error !== null || answer === undefined) return done(error, answer as never)
      const refusal = mechanism === 'OAUTHBEARER' ? answer.authBytes.toString('utf8') : ''
      if (refusal !== '') return done(new AuthenticationError(`The broker does not take the token: ${refusal}`), answer)
      onLifetime(Number(answer.sessionLifetimeMs))
      done(null, { ...answer, sessionLifetimeMs: 0n })
    }
    if (mechanism === 'PLAIN') saslPlain.authenticate(request, connection, username, password, finish)
    else if (mechanism === 'OAUTHBEARER') {
      saslOAuthBearer.authenticate(request, connection, token as string, options.oauthBearerExtensions ?? {}, finish)
    } else {
      const algorithm = mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512'
      saslScramSha.authenticate(request, connection, algorithm, username, password, saslScramSha.defaultCrypto, finish)
    }
  }
  return { ...options, authenticate }
}
