import type { BrowserWindow, IpcMainEvent, WebFrameMain } from 'electron'
import { isAppUrl } from './app-address.ts'

/**
 * The frame that sent `event`, if it may ask for anything: the main frame of the console's own window, showing the console's own
 * page. Undefined for any other sender, and for one that is gone already.
 */
export function trustedFrame(
  event: Pick<IpcMainEvent, 'senderFrame'>,
  window: BrowserWindow | undefined,
): WebFrameMain | undefined {
  const frame = event.senderFrame
  if (frame === null || window === undefined || window.isDestroyed()) return undefined
  // The number is unique among all frames of all windows, and stays with a frame when its page changes.
  if (frame.frameTreeNodeId !== window.webContents.mainFrame.frameTreeNodeId) return undefined
  return isAppUrl(frame.url) ? frame : undefined
}
