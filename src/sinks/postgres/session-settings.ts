import type { ExclusiveSession } from './session-source.ts'

/** Whether a statement may change a setting of the session. Says too often yes rather than too seldom. */
export function maySet(statement: string): boolean {
  return /\b(?:set|set_config|reset|discard|do)\b/i.test(statement)
}

/** Leaves the session to the next user as it was in the beginning. */
export async function resetSettings(session: ExclusiveSession): Promise<void> {
  await session.query('RESET SESSION AUTHORIZATION', [], 0)
  await session.query('RESET ALL', [], 0)
}
