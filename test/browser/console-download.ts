import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright'

/** A file that the console handed to the browser. */
export interface DownloadedFile {
  readonly name: string
  readonly bytes: Buffer
}

/** Does `act` and returns the file that the browser then saves. */
export async function downloaded(page: Page, act: () => Promise<void>): Promise<DownloadedFile> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}

/** What is in a PNG file. */
export interface SeenPng {
  readonly width: number
  readonly height: number
  /** Colour of the first pixel, `#rrggbb`. */
  readonly corner: string
  /** How many pixels have exactly this colour, `#rrggbb`. */
  pixels(colour: string): number
}

const SIGNATURE = '89504e470d0a1a0a'

/** Has a browser decode a PNG file; throws when it is none. */
export async function lookAtPng(browser: Browser, bytes: Buffer): Promise<SeenPng> {
  if (bytes.subarray(0, 8).toString('hex') !== SIGNATURE) throw new Error('The file does not begin as a PNG does.')
  const page = await browser.newPage()
  try {
    const { width, height, corner, counts } = await page.evaluate(async (base64) => {
      const image = new Image()
      image.src = `data:image/png;base64,${base64}`
      await image.decode()
      const canvas = document.createElement('canvas')
      canvas.width = image.naturalWidth
      canvas.height = image.naturalHeight
      const context = canvas.getContext('2d')!
      context.drawImage(image, 0, 0)
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
      const colourAt = (at: number): string =>
        `#${[data[at], data[at + 1], data[at + 2]].map((part) => part.toString(16).padStart(2, '0')).join('')}`
      const counts: Record<string, number> = {}
      for (let at = 0; at < data.length; at += 4) counts[colourAt(at)] = (counts[colourAt(at)] ?? 0) + 1
      return { width: canvas.width, height: canvas.height, corner: colourAt(0), counts }
    }, bytes.toString('base64'))
    return { width, height, corner, pixels: (colour) => counts[colour] ?? 0 }
  } finally {
    await page.close()
  }
}
