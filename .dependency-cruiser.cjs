// The layout of src/ as rules: imports go one way, and each outside system is known in one place only.

/** What a folder under src/ may import of ours, besides itself. `cli` and the package's index may import anything. */
const mayImport = {
  core: [],
  events: ['core'],
  kv: ['core'],
  log: ['core', 'events', 'kv'],
  producers: ['core', 'events', 'log'],
  views: ['core', 'events'],
  streams: ['core', 'events', 'views'],
  runtime: ['core', 'events', 'kv', 'log', 'streams', 'views'],
  sinks: ['core', 'events', 'kv', 'log', 'views'],
  warehouse: ['core', 'sinks', 'views'],
  api: ['core', 'views'],
  config: ['core'],
  testing: ['core', 'events', 'kv', 'log', 'runtime', 'streams', 'views'],
}

/** Packages that only the named folders may import. */
const knownOnlyIn = [
  { packages: ['lmdb'], folders: ['kv'] },
  { packages: ['node-rdkafka', 'kafkajs', '@platformatic/kafka'], folders: ['log'] },
  { packages: ['rxjs'], folders: ['streams'] },
  { packages: ['pg', '@electric-sql/pglite', '@influxdata/influxdb-client', 'cassandra-driver'], folders: ['sinks'] },
  { packages: ['@aws-sdk/[^/]+'], folders: ['sinks'] },
  { packages: ['fastify', '@fastify/[^/]+'], folders: ['api'] },
  { packages: ['commander', 'cli-table3'], folders: ['cli'] },
  { packages: ['dotenv'], folders: ['config'] },
  { packages: ['undici'], folders: ['producers'] },
  { packages: ['@opentelemetry/[^/]+'], folders: ['cli'] },
]

const layers = Object.entries(mayImport).map(([folder, allowed]) => ({
  name: `layer-${folder}`,
  comment: `src/${folder} may import of ours: ${['itself', ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/', pathNot: `^src/(?:${[folder, ...allowed].join('|')})/` },
}))

const systems = knownOnlyIn.map(({ packages, folders }) => ({
  name: `only-${folders.join('-')}-knows-${packages[0]}`,
  comment: `${packages.join(', ')}: imported in ${folders.map((folder) => `src/${folder}`).join(', ')} alone.`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(?:${folders.join('|')})/` },
  to: { path: `(?:^|/)node_modules/(?:${packages.join('|')})/` },
}))

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers,
    ...systems,
    {
      name: 'streams-are-pure',
      comment: 'A topology knows no clock, file, network or environment: of Node it may have hashes alone.',
      severity: 'error',
      from: { path: '^src/(?:streams|views)/' },
      to: { dependencyTypes: ['core'], pathNot: '^crypto$' },
    },
    {
      name: 'no-cycles',
      comment: 'Types may point both ways: nothing of them is there when the program runs.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      comment:
        'The file or package is not there. (What the page loads from /assets/ is the server’s; tsconfig.page.json checks it.)',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^/assets/' },
    },
    {
      name: 'no-dev-dependencies-in-src',
      comment:
        'An installed windrow has no development dependencies; what a user may add (an optional peer) is loaded where it is there.',
      severity: 'error',
      from: { path: '^(?:src|bin)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    },
    { name: 'src-knows-no-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(?:test|bench|examples)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(?:dist|dist-bench|data|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
}
