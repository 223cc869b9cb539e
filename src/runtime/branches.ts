import { WindrowError } from '../core/errors.ts'
import type { PartitionLease, Write } from '../log/port.ts'
import type { Changes } from '../streams/changes.ts'
import type { Topology, TopologyRun } from '../streams/topology.ts'
import type { GenerationInput } from '../views/views-current.ts'
import type { Generations } from './generations.ts'
import type { LiveView } from './live-views.ts'
import { RowOutput } from './row-output.ts'
import type { TaskProgress } from './task-progress.ts'

/** A topology of a task, with the generation that its rows go to. */
interface Branch {
  readonly topology: Topology
  readonly live: LiveView
  /** It gets changes from this offset on: the rows of the generation have all before. */
  readonly from: number
  /** Offsets at which rows of the generation stood: a row of then is only known to have been there if rows are made there again. */
  readonly stood: readonly number[]
  readonly run: TopologyRun
  readonly output: RowOutput
}

/** In place of the number of a generation: none has everything up to the last commit. */
const NONE = 0

export interface BranchesOptions {
  readonly lease: PartitionLease
  readonly topologies: readonly Topology[]
  readonly generations: Generations
  /** Of the task's last commit. */
  readonly progress: TaskProgress
  /** Everything before this offset is in the views' rows, but for those of other generations than the progress names. */
  readonly committed: number
}

/** The topologies of a task, each from the offset on at which the current generation of its view stands. */
export class Branches {
  private readonly options: BranchesOptions
  /** The generations that have everything up to the last commit, by view. */
  private readonly inLine: Map<string, number>
  private branches: readonly Branch[]
  private rowsOfOthers = 0

  /** Throws WR_TOPOLOGY_REPLACED. */
  constructor(options: BranchesOptions) {
    this.options = options
    this.inLine = new Map(options.progress.generations)
    this.branches = options.topologies.map((topology) => this.branch(topology, options.generations.live(topology.view.name)))
    this.disown()
  }

  /** Where reading has to begin: before what is committed where the generation of a view stands there. */
  get start(): number {
    return Math.min(this.options.committed, ...this.branches.map(({ from }) => from))
  }

  /** The next offset after the position at which a branch begins, or what is not committed does; Infinity where there is none. */
  boundaryAfter(position: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const at of [this.options.committed, ...this.branches.flatMap(({ from, stood }) => [from, ...stood])])
      if (at > position) next = Math.min(next, at)
    return next
  }

  /** Rows taken since the start. */
  get rows(): number {
    return this.branches.reduce((sum, { output }) => sum + output.rows, this.rowsOfOthers)
  }

  /** Lets the topologies note what a batch changed whose first reading is at this offset. No boundary lies within. */
  note(changes: Changes, offset: number): void {
    for (const { run, from } of this.branches) if (from <= offset) run.next(changes)
  }

  /** Has the rows made of everything before the position. */
  emit(emission: Changes, position: number): Write[] {
    for (const { run, from } of this.branches) if (from < position) run.next(emission)
    return this.branches.flatMap(({ output }) => output.take())
  }

  /** What is to be committed with everything before the position. */
  progressAt(position: number): Pick<TaskProgress, 'generations' | 'behind'> {
    const behind = new Map<string, { generation: number; offset: number }>()
    for (const { live, from } of this.branches) {
      const { name } = live.view
      if (position >= Math.max(from, this.options.committed)) this.inLine.set(name, live.generation)
      else if (position >= from) behind.set(name, { generation: live.generation, offset: position })
    }
    for (const [name, offset] of this.leftBehind(position)) {
      behind.set(name, { generation: this.options.generations.others.get(name) as number, offset })
      this.inLine.set(name, NONE)
    }
    return { generations: this.inLine, behind }
  }

  /**
   * The views that this process does not make and that fall behind with what it commits, and where each stands: who makes them again brings
   * them up from there. Without this a view whose module was forgotten once would lack what came meanwhile, for ever.
   */
  private leftBehind(position: number): Map<string, number> {
    const { generations, progress, committed } = this.options
    const found = new Map<string, number>()
    for (const [name, generation] of generations.others) {
      const before = progress.behind.get(name)
      // A commit that names none is of the first, and so is a log of which nothing was processed yet.
      const isInLine = (progress.generations.get(name) ?? 1) === generation
      if (before?.generation === generation) found.set(name, before.offset)
      else if (isInLine && position > committed) found.set(name, committed)
    }
    return found
  }

  /** False while a commit is owed to say that a generation has everything before the position. */
  areNoted(position: number): boolean {
    if (position < this.options.committed) return true
    return this.branches.every(({ live, from }) => from > position || (this.inLine.get(live.view.name) ?? 1) === live.generation)
  }

  /** True when other generations are current by now than those that are written. Throws WR_TOPOLOGY_REPLACED. */
  areOutdated(): boolean {
    return this.branches.some(({ topology, live }) => this.current(topology).topic.id !== live.topic.id)
  }

  /** Turns to the generations that are current by now. To be called with nothing pending. WR_VIEW_BEHIND where that needs an earlier start. */
  turn(committed: number): void {
    this.branches = this.branches.map((branch) => {
      const live = this.current(branch.topology)
      if (live.topic.id === branch.live.topic.id) return branch
      const turned = this.branch(branch.topology, live)
      if (turned.from < committed) throw isBehind(live, turned.from, committed)
      this.rowsOfOthers += branch.output.rows
      return turned
    })
    this.disown()
  }

  /** What was in line is not any more once another generation is written in its place: it may come back. */
  private disown(): void {
    for (const { live, from } of this.branches) {
      const { name } = live.view
      const known = this.inLine.get(name) ?? (from > this.options.committed ? NONE : 1)
      if (known !== live.generation) this.inLine.set(name, NONE)
    }
  }

  private current({ view }: Topology): LiveView {
    return this.options.generations.live(view.name)
  }

  private branch(topology: Topology, live: LiveView): Branch {
    const output = new RowOutput(live, this.options.lease.partition)
    const run = topology.start((rows) => output.add(rows))
    const { lease } = this.options
    const input = inputOf(live, topology, lease)
    const stood = [input?.offsets[lease.partition], input?.builtTo[lease.partition]].filter((at) => at !== undefined)
    return { topology, live, from: this.fromOf(topology, live), stood, run, output }
  }

  private fromOf(topology: Topology, live: LiveView): number {
    const { view, generation } = live
    const { lease, progress, committed } = this.options
    // A commit that names none is of the first.
    const known = this.inLine.get(view.name) ?? (committed > 0 ? 1 : null)
    if (known === generation) return committed
    const behind = progress.behind.get(view.name)
    if (behind?.generation === generation) return behind.offset
    return inputOf(live, topology, lease)?.offsets[lease.partition] ?? committed
  }
}

function inputOf({ inputs }: LiveView, { event }: Topology, { topic }: PartitionLease): GenerationInput | undefined {
  return inputs.find((each) => each.event === event.name && each.topicId === topic.id)
}

function isBehind({ view, generation }: LiveView, from: number, committed: number): WindrowError {
  return new WindrowError('WR_VIEW_BEHIND', {
    message: `generation ${generation} of ${view.name} stands at offset ${from}, the task at ${committed}: the readings between are read again`,
    remedy: 'Nothing needs to be done: the task reads the log again and brings the view up to the others.',
    facts: { view: view.name, generation, from, committed },
    canRetry: true,
  })
}
