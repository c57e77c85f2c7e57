import { SwitchyardError } from '#shared/errors.ts'

/** Turns what SQLite throws into an error that names the file and says what to do; other errors pass through unchanged. */
export function storeError(thrown: unknown, file: string): unknown {
  if (!(thrown instanceof Error) || thrown.name !== 'SqliteError') return thrown
  const code = String((thrown as Error & { code?: unknown }).code)
  if (code === 'SQLITE_NOTADB') {
    return new SwitchyardError('STORE_NOT_A_DATABASE', `${file} is not a SQLite database.`, {
      hint: 'Move the file away. Restore it from a backup, or let Switchyard make a new one and rebuild the layer.',
      cause: thrown,
    })
  }
  // The last one is what a full disk says when it is the index of the write-ahead log that cannot grow.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE' || code === 'SQLITE_IOERR_SHMSIZE') {
    return new SwitchyardError('DISK_FULL', `The disk is full: ${file} could not grow. Nothing was half written.`, {
      hint: 'Free some space and run the same command again; it goes on where it stopped.',
      cause: thrown,
    })
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return new SwitchyardError('STORE_CORRUPT', `${file} is damaged (${thrown.message}).`, {
      hint: 'Restore it from a backup. Curated bars and features can also be rebuilt from raw.',
      cause: thrown,
    })
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new SwitchyardError('WORKSPACE_LOCKED', `${file} is being written by another program.`, {
      hint: 'Close the other program and try again.',
      cause: thrown,
    })
  }
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY')) {
    return new SwitchyardError('IO_ERROR', `${file} cannot be opened or written (${thrown.message}).`, {
      hint: 'Check that the folder exists and that you may write there.',
      cause: thrown,
    })
  }
  return thrown
}
