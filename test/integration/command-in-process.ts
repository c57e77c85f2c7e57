import { main } from '#main/cli/main.ts'

/** Runs a command line in this process; for what needs no process of its own. */
export async function inProcess(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = ''
  let stderr = ''
  const code = await main(args, {
    stdout: (text) => void (stdout += text),
    stderr: (text) => void (stderr += text),
    isInteractive: false,
    env: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}
