import type { HrTime, Tracer } from '@opentelemetry/api'
import type { Role } from '../api/ports.ts'
import { loadConfig } from '../config/load-config.ts'
import { systemClock } from '../core/clock.ts'
import { isWindrowError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { settledWithin } from '../core/settled-within.ts'
import { recordSpans, type SpanRecord } from '../core/tracing.ts'
import type { CliContext } from './context.ts'
import { createLogger } from './logger.ts'
import { packageVersion } from './package-version.ts'

/** The last spans are sent within this time when the process ends, or not at all. */
const LAST_SPANS_MS = 2_000

const PACKAGES = ['api', 'sdk-trace-base', 'exporter-trace-otlp-http', 'resources'].map((name) => `@opentelemetry/${name}`)

/** OpenTelemetry reads the process's environment; whoever asks for traces does so there. */
function wantsTraces(environment: NodeJS.ProcessEnv): boolean {
  const endpoint = environment.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? ''
  return endpoint !== '' && environment.OTEL_SDK_DISABLED !== 'true' && environment.OTEL_TRACES_EXPORTER !== 'none'
}

/** Does what a process is for, and sends what it traces to the collector of OTEL_EXPORTER_OTLP_ENDPOINT; without one, nothing is loaded. */
export async function withTracing<T>(context: CliContext, role: Role | 'replay', work: () => Promise<T>): Promise<T> {
  if (!wantsTraces(process.env)) return work()
  const logger = createLogger(loadConfig(context.environment, context.folder), context.stderr)
  const end = await startTracing(role, logger)
  try {
    return await work()
  } finally {
    await end()
  }
}

async function startTracing(role: Role | 'replay', logger: Logger): Promise<() => Promise<void>> {
  const loaded = await load(logger)
  if (loaded === null) return async () => undefined
  const { api, trace, exporter, resources } = loaded
  tellFailures(api, logger)
  const own = {
    'service.name': process.env.OTEL_SERVICE_NAME || 'windrow',
    'service.version': packageVersion(),
    'windrow.role': role,
  }
  const given = resources.detectResources({ detectors: [resources.envDetector] })
  const provider = new trace.BasicTracerProvider({
    resource: resources.defaultResource().merge(given).merge(resources.resourceFromAttributes(own)),
    spanProcessors: [new trace.BatchSpanProcessor(new exporter.OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('windrow', packageVersion())
  recordSpans((span) => record(api, tracer, span))
  logger.info({}, 'traces are sent to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names')
  return async () => {
    recordSpans(null)
    // A collector that is away keeps no process from ending.
    await settledWithin(
      systemClock,
      provider.shutdown().catch(() => undefined),
      LAST_SPANS_MS,
    )
  }
}

type Api = typeof import('@opentelemetry/api')

function record(api: Api, tracer: Tracer, { name, kind, startAt, durationMs, attributes, error }: SpanRecord): void {
  const span = tracer.startSpan(name, {
    kind: kind === 'server' ? api.SpanKind.SERVER : api.SpanKind.INTERNAL,
    startTime: startAt,
    attributes,
    root: true,
  })
  if (error !== null) {
    const code = isWindrowError(error) ? error.code : error instanceof Error ? error.name : 'unknown'
    // The code alone: what an error says is for the log, which takes secrets out of it.
    span.setAttribute('error.type', code)
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: code })
  }
  span.end(endOf(startAt, durationMs))
}

function endOf(startAt: number, durationMs: number): HrTime {
  const nanos = Math.round((startAt % 1000) * 1e6 + durationMs * 1e6)
  return [Math.floor(startAt / 1000) + Math.floor(nanos / 1e9), nanos % 1e9]
}

/** What keeps spans from being sent is told once; then it is known. */
function tellFailures(api: Api, logger: Logger): void {
  let told = false
  const tell = (message: string): void => {
    logger[told ? 'debug' : 'warn']({}, `traces are not sent for now: ${message}`)
    told = true
  }
  const silent = (): void => undefined
  api.diag.setLogger({ error: tell, warn: tell, info: silent, debug: silent, verbose: silent }, api.DiagLogLevel.WARN)
}

async function load(logger: Logger) {
  try {
    const [api, trace, exporter, resources] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ])
    return { api, trace, exporter, resources }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    const remedy = `npm install ${PACKAGES.join(' ')}; or unset OTEL_EXPORTER_OTLP_ENDPOINT.`
    const code = 'WR_TRACING_MISSING'
    logger.warn({ code, remedy }, `no traces are sent, since the packages for it are not installed: ${messageOf(error)}`)
    return null
  }
}
