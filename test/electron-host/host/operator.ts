import type {
  Dialog,
  MenuItemConstructorOptions,
  MessageBoxOptions,
  MessageBoxReturnValue,
  OpenDialogOptions,
  OpenDialogReturnValue,
  Shell,
} from 'electron'
import type { MenuEntry } from '../control-protocol.ts'
import { report } from './control.ts'
import { records } from './records.ts'

/** Boxes on the emulated screen, waiting for the test to answer, by number. */
const messageBoxes = new Map<number, (response: number) => void>()
const openDialogs = new Map<number, (filePaths: readonly string[]) => void>()
let lastDialog = 0

type DialogApi = Record<keyof Pick<Dialog, 'showErrorBox' | 'showMessageBox' | 'showOpenDialog'>, unknown>

/** Electron's dialog: every box is reported to the test and stays until the test answers it. */
export const dialog = {
  showErrorBox(title: string, content: string): void {
    report({ event: 'error-box', title, content })
  },
  showMessageBox(...args: [MessageBoxOptions] | [object, MessageBoxOptions]): Promise<MessageBoxReturnValue> {
    const options = args.length === 1 ? args[0] : args[1]
    return new Promise((resolve) => {
      const id = ++lastDialog
      messageBoxes.set(id, (response) => resolve({ response, checkboxChecked: false }))
      report({ event: 'message-box', id, options })
    })
  },
  showOpenDialog(...args: [OpenDialogOptions] | [object, OpenDialogOptions]): Promise<OpenDialogReturnValue> {
    const options = args.length === 1 ? args[0] : args[1]
    return new Promise((resolve) => {
      const id = ++lastDialog
      openDialogs.set(id, (filePaths) => resolve({ canceled: filePaths.length === 0, filePaths: [...filePaths] }))
      report({ event: 'open-dialog', id, options })
    })
  },
} satisfies DialogApi

export function answerMessageBox(id: number, response: number): void {
  take(messageBoxes, id)(response)
}

export function answerOpenDialog(id: number, filePaths: readonly string[]): void {
  take(openDialogs, id)(filePaths)
}

function take<Answer>(boxes: Map<number, Answer>, id: number): Answer {
  const answer = boxes.get(id)
  if (answer === undefined) throw new Error(`There is no box ${id} to answer.`)
  boxes.delete(id)
  return answer
}

/** Electron's shell: nothing leaves the emulation. */
export const shell: Pick<Shell, 'openExternal' | 'showItemInFolder'> = {
  openExternal(url) {
    records.opened.push(url)
    report({ event: 'opened', url })
    return Promise.resolve()
  },
  showItemInFolder(path) {
    records.revealed.push(path)
    report({ event: 'revealed', path })
  },
}

let applicationMenu: HostMenu | null = null

/** Electron's Menu: keeps the template. */
export class HostMenu {
  readonly template: readonly MenuItemConstructorOptions[]

  private constructor(template: readonly MenuItemConstructorOptions[]) {
    this.template = template
  }

  static buildFromTemplate(template: MenuItemConstructorOptions[]): HostMenu {
    return new HostMenu(template)
  }

  static setApplicationMenu(menu: HostMenu | null): void {
    applicationMenu = menu
  }
}

/** The application menu as the operator sees it. */
export function menuEntries(): MenuEntry[] {
  return (applicationMenu?.template ?? []).map(entryOf)
}

/** Chooses the entry at `labels`, from the menu bar down; a menu without a label is named by its role. */
export function clickMenu(labels: readonly string[]): void {
  let items = applicationMenu?.template ?? []
  let found: MenuItemConstructorOptions | undefined
  for (const label of labels) {
    found = items.find((item) => (item.label ?? item.role) === label)
    if (found === undefined) throw new Error(`The menu has no "${labels.join(' > ')}".`)
    items = submenuOf(found)
  }
  const click = found?.click as (() => void) | undefined
  if (click === undefined) throw new Error(`"${labels.join(' > ')}" does nothing of its own.`)
  click()
}

function entryOf(item: MenuItemConstructorOptions): MenuEntry {
  return {
    label: item.label ?? '',
    role: item.role ?? '',
    type: item.type ?? '',
    submenu: submenuOf(item).map(entryOf),
  }
}

function submenuOf(item: MenuItemConstructorOptions): readonly MenuItemConstructorOptions[] {
  return Array.isArray(item.submenu) ? item.submenu : []
}
