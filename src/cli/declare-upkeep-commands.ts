import type { CliContext } from './context.ts'
import type { Declare } from './declare.ts'
export function declareUpkeepCommands(_declare: Declare, _context: CliContext): void {}
