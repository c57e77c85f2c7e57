import interLatin from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?inline'
import { wrapWords } from './wrap-words.ts'

/** What stands above the chart in a picture of it. */
interface PictureWords {
  readonly title: string
  /** What the page says about the chart, such as what was counted. */
  readonly note: string
}

/** Pixels of the picture for each pixel on the page. */
const SCALE = 2
const SVG = 'http://www.w3.org/2000/svg'
const FONT = "'Inter Variable', system-ui, sans-serif"
const PADDING = 16
const TITLE = { size: 15, weight: 600, line: 22 } as const
const NOTE = { size: 12, weight: 400, line: 17 } as const

/**
 * A PNG of the charts drawn in `chart`, one beneath the other as on the page, in the theme's colours and at twice the page's
 * size, with title and note above. What is drawn only where the pointer is stays out of it.
 *
 * The picture is a copy of the charts' SVG that needs nothing from outside: colours are resolved and the font is in it, because
 * an SVG that is loaded as an image sees neither the page's styles nor its fonts. Rejects when the browser cannot draw it.
 */
export async function chartPicture(chart: HTMLElement, words: PictureWords): Promise<Blob> {
  const { svg, width, height } = composePicture(chart, words)
  // As a blob, the only scheme besides its own address from which the page may take images.
  const address = URL.createObjectURL(
    new Blob([new XMLSerializer().serializeToString(svg)], { type: 'image/svg+xml;charset=utf-8' }),
  )
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = width * SCALE
    canvas.height = height * SCALE
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('The browser gave no canvas to draw on.')
    context.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await pngOf(canvas)
  } finally {
    URL.revokeObjectURL(address)
  }
}

function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('The browser made no PNG of the canvas.'))
      else resolve(blob)
    }, 'image/png')
  })
}

function composePicture(chart: HTMLElement, { title, note }: PictureWords) {
  const drawn = [...chart.querySelectorAll('svg')].filter((svg) => svg.ownerSVGElement === null)
  if (drawn.length === 0) throw new Error('No chart is drawn.')
  const charts = drawn.map((svg) => ({ svg, width: svg.width.baseVal.value, height: svg.height.baseVal.value }))
  const width = Math.max(...charts.map((entry) => entry.width))
  const role = (name: string): string => getComputedStyle(chart).getPropertyValue(name).trim()

  const picture = element('svg', {})
  const style = element('style', {})
  style.textContent = `@font-face { font-family: 'Inter Variable'; font-weight: 100 900; src: url(${interLatin}) format('woff2'); }`
  const ground = element('rect', { width: '100%', height: '100%', fill: role('--sy-panel') })
  picture.append(style, ground)

  let y = PADDING / 2
  const write = (text: string, form: typeof TITLE | typeof NOTE, fill: string): void => {
    for (const line of wrapWords(text, width - 2 * PADDING, widthIn(form))) {
      y += form.line
      picture.append(
        element(
          'text',
          { x: PADDING, y: y - 5, fill, 'font-family': FONT, 'font-size': form.size, 'font-weight': form.weight },
          line,
        ),
      )
    }
  }
  write(title, TITLE, role('--sy-ink'))
  write(note, NOTE, role('--sy-ink-2'))
  y += PADDING / 2
  for (const entry of charts) {
    const copy = selfContainedCopy(entry.svg)
    for (const [name, value] of Object.entries({ x: 0, y, width: entry.width, height: entry.height })) {
      copy.setAttribute(name, String(value))
    }
    picture.append(copy)
    y += entry.height
  }
  const height = Math.ceil(y + PADDING / 2)
  // With its size in the picture's pixels it is drawn sharp, not enlarged after it was drawn.
  setAttributes(picture, { width: width * SCALE, height: height * SCALE, viewBox: `0 0 ${width} ${height}` })
  return { svg: picture, width, height }
}

/** Width on the page of a line in one of the forms. */
function widthIn({ size, weight }: typeof TITLE | typeof NOTE): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d')
  if (context === null) return (text) => text.length * size
  context.font = `${weight} ${size}px ${FONT}`
  return (text) => context.measureText(text).width
}

function element<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string | number>>,
  text = '',
): SVGElementTagNameMap[Name] {
  const made = document.createElementNS(SVG, name)
  setAttributes(made, attributes)
  made.textContent = text
  return made
}

function setAttributes(of: SVGElement, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) of.setAttribute(name, String(value))
}

/** Drawn only under the pointer, or words for those who do not see the chart. */
const LEFT_OUT = '.recharts-tooltip-cursor, .recharts-active-dot, title, desc'

/** What the page's styles and variables decide about a shape or a text. */
const PAINT = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'opacity',
  'visibility',
] as const
const TYPE = ['font-family', 'font-size', 'font-weight', 'text-anchor'] as const

function selfContainedCopy(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = svg.querySelectorAll('*')
  copy.querySelectorAll('*').forEach((part, index) => {
    const computed = getComputedStyle(originals[index])
    const isText = part instanceof SVGTextContentElement
    for (const property of isText ? [...PAINT, ...TYPE] : PAINT) {
      part.setAttribute(property, computed.getPropertyValue(property))
    }
    part.removeAttribute('style')
  })
  copy.removeAttribute('style')
  for (const part of copy.querySelectorAll(LEFT_OUT)) part.remove()
  return copy
}
