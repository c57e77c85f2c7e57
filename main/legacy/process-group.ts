import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A program that leads a process group of its own, with everything that it started and that did not leave the group. On Windows,
 * which has no such groups, it is the program with its descendants.
 */

const POLL_MS = 50

/** Sends a signal to every process of the group; a group that is gone is no error. */
export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    // There is no way to ask a program without a window to end.
    if (signal === 'SIGKILL') spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' })
    return
  }
  try {
    process.kill(-pid, signal)
  } catch (thrown) {
    // EPERM: what is left of it belongs to another user, which is seen by its being alive.
    if (!['ESRCH', 'EPERM'].includes((thrown as NodeJS.ErrnoException).code ?? '')) throw thrown
  }
}

/** Whether a process of the group still runs. */
export function isGroupAlive(pid: number): boolean {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
  return process.platform !== 'linux' || hasRunningMember(pid)
}

/** Waits until the group is gone; returns false when it still runs after `timeoutMs`. */
export async function groupEnded(pid: number, timeoutMs = Infinity): Promise<boolean> {
  const giveUpAt = Date.now() + timeoutMs
  while (isGroupAlive(pid)) {
    if (Date.now() >= giveUpAt) return false
    await sleep(POLL_MS)
  }
  return true
}

/** A process that has ended and that nobody has collected counts as there for `kill`; it runs no more. */
function hasRunningMember(group: number): boolean {
  let names: string[]
  try {
    names = readdirSync('/proc')
  } catch {
    return true
  }
  return names.some((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      // `pid (name) state ppid pgrp ...`; the name may hold blanks and brackets.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return Number(pgrp) === group && state !== 'Z' && state !== 'X'
    } catch {
      return false
    }
  })
}
