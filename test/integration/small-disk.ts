import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { closeAtEnd, newFolder } from './workspace-fixtures.ts'

/** A real file system of a few kilobytes or megabytes, so that a full or read-only disk can be had. */
export interface SmallDisk {
  readonly folder: string
  /** Mounts it again with other options: `ro`, or `size=BYTES`. */
  remount(options: string): void
  /** Writes a file that leaves so many bytes free. */
  fillUpTo(freeBytes: number): void
  /** Removes that file. */
  empty(): void
}

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' })
}

function tryToMount(): boolean {
  const folder = newFolder()
  try {
    mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder)
    execFileSync('umount', [folder], { stdio: 'pipe' })
    return true
  } catch (thrown) {
    console.info(
      `SKIPPED: tests that need a disk of their own, because it cannot be mounted here (${String(thrown).split('\n')[0]})`,
    )
    return false
  }
}

/** Whether this process may mount a file system; where it may not, what needs one is skipped and says so. */
export const canMount = process.platform === 'linux' && tryToMount()

export async function mountSmallDisk(bytes: number): Promise<SmallDisk> {
  const folder = newFolder()
  mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder)
  closeAtEnd(async () => execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' }))
  const ballast = join(folder, 'ballast')
  return {
    folder,
    remount: (options) => mount('-o', `remount,${options}`, folder),
    fillUpTo: (freeBytes) => {
      const { bavail, bsize } = statfsSync(folder)
      const file = openSync(ballast, 'w')
      writeSync(file, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)))
      closeSync(file)
    },
    empty: () => rmSync(ballast),
  }
}
