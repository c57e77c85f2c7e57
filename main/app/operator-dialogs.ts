import { dialog } from 'electron'
import type { BrowserWindow, MessageBoxOptions, OpenDialogOptions } from 'electron'
import type { ErrorReport } from '#shared/errors.ts'
import type { EngineLaunch } from './engine-supervisor.ts'

/** Every question takes the window it belongs to; undefined before there is one. */
type Parent = BrowserWindow | undefined

/** Asks which workspace to open or where to make one; undefined when the operator wants neither. */
export async function askForWorkspace(parent: Parent): Promise<EngineLaunch | undefined> {
  const choice = await ask(parent, {
    type: 'question',
    message: 'Which workspace?',
    detail: 'A workspace is a folder with the settings, the stored bars and the exports of one desk.',
    choices: { open: 'Open a workspace…', create: 'Make a new workspace…', none: 'Cancel' },
    initial: 'open',
    dismissed: 'none',
  })
  if (choice === 'none') return undefined
  const create = choice === 'create'
  const workspace = await askForFolder(parent, {
    title: create ? 'Folder for the new workspace' : 'Workspace folder',
    buttonLabel: create ? 'Make workspace' : 'Open',
    properties: create ? ['openDirectory', 'createDirectory', 'promptToCreate'] : ['openDirectory'],
  })
  return workspace === undefined ? undefined : { workspace, create }
}

/** Asks whether running jobs may be stopped for `purpose`, a phrase such as "quit". */
export async function confirmStoppingJobs(parent: Parent, runningJobs: number, purpose: string): Promise<boolean> {
  const jobs = runningJobs === 1 ? 'One job is running.' : `${runningJobs} jobs are running.`
  const choice = await ask(parent, {
    type: 'warning',
    message: jobs,
    detail: 'What is stored stays stored. Jobs that were stopped resume when the workspace is opened again.',
    choices: { stop: `Stop and ${purpose}`, keep: 'Keep running' },
    initial: 'keep',
    dismissed: 'keep',
  })
  return choice === 'stop'
}

export type FailureChoice = 'restart' | 'create' | 'open' | 'quit' | 'none'

/**
 * Says why there is no engine and asks what to do; making the workspace is offered where there is none. 'none' leaves it: the
 * File menu and the page can still start the engine.
 */
export function askAfterFailure(parent: Parent, workspace: string, error: ErrorReport): Promise<FailureChoice> {
  const restart = { restart: 'Restart engine' }
  const create = { create: 'Make workspace here' }
  return ask<FailureChoice>(parent, {
    type: 'error',
    message: error.message,
    detail: [error.hint, `Workspace: ${workspace}`].filter((line) => line !== undefined).join('\n\n'),
    choices: {
      ...(error.code === 'WORKSPACE_NOT_FOUND' ? create : restart),
      open: 'Open another workspace…',
      quit: 'Quit',
      none: 'Close',
    },
    initial: error.code === 'WORKSPACE_NOT_FOUND' ? 'create' : 'restart',
    dismissed: 'none',
  })
}

/** Says that the window's page ended and asks whether to load it again. */
export async function askAfterPageEnded(parent: Parent, reason: string): Promise<'reload' | 'quit'> {
  return ask(parent, {
    type: 'error',
    message: `The console's page ended (${reason}).`,
    detail: 'The engine and its jobs are not affected.',
    choices: { reload: 'Load again', quit: 'Quit' },
    initial: 'reload',
    dismissed: 'reload',
  })
}

interface Question<Choice extends string> {
  readonly type: NonNullable<MessageBoxOptions['type']>
  readonly message: string
  readonly detail: string
  /** Button labels by choice, in the order shown. */
  readonly choices: Readonly<Partial<Record<Choice, string>>>
  readonly initial: NoInfer<Choice>
  /** What closing the box, or the Escape key, means; one of the choices. */
  readonly dismissed: NoInfer<Choice>
}

async function ask<Choice extends string>(parent: Parent, question: Question<Choice>): Promise<Choice> {
  const entries = Object.entries(question.choices) as [Choice, string][]
  const keys = entries.map(([key]) => key)
  const options: MessageBoxOptions = {
    type: question.type,
    title: 'Switchyard',
    message: question.message,
    detail: question.detail,
    buttons: entries.map(([, label]) => label),
    defaultId: keys.indexOf(question.initial),
    cancelId: keys.indexOf(question.dismissed),
    noLink: true,
  }
  const { response } = await (parent === undefined
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(parent, options))
  return keys[response] ?? question.dismissed
}

async function askForFolder(parent: Parent, options: OpenDialogOptions): Promise<string | undefined> {
  const { canceled, filePaths } = await (parent === undefined
    ? dialog.showOpenDialog(options)
    : dialog.showOpenDialog(parent, options))
  return canceled ? undefined : filePaths[0]
}
