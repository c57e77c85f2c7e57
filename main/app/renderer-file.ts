import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { APP_HOST, APP_SCHEME } from './app-address.ts'

/** What a request under the application's scheme is answered with. */
export type RendererFile =
  | { readonly kind: 'file'; readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 }

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

/**
 * Reads the file that `requestUrl` names below `rendererDir`, the built console.
 *
 * A path without a file extension is a page of the console's own router and gets `index.html`. Refused with a status are: 400
 * for a URL that cannot be decoded or holds a NUL or a backslash, 403 for another host and for anything that leaves the folder,
 * also through a symbolic link, and 404 for what is not there.
 */
export async function readRendererFile(rendererDir: string, requestUrl: string): Promise<RendererFile> {
  const url = new URL(requestUrl)
  if (url.protocol !== `${APP_SCHEME}:` || url.host !== APP_HOST || url.username !== '' || url.password !== '') {
    return { kind: 'refused', status: 403 }
  }
  let pathname: string
  try {
    pathname = decodeURIComponent(url.pathname)
  } catch {
    return { kind: 'refused', status: 400 }
  }
  // A backslash separates folders on Windows only, so it never belongs to a name that the build wrote.
  if (pathname.includes('\0') || pathname.includes('\\')) return { kind: 'refused', status: 400 }

  const relative = path.extname(pathname) === '' ? 'index.html' : `.${pathname}`
  const wanted = path.resolve(rendererDir, relative)
  if (!isInside(rendererDir, wanted)) return { kind: 'refused', status: 403 }
  try {
    // The resolved path decides: a link below the folder may point outside it.
    const real = await realpath(wanted)
    if (!isInside(await realpath(rendererDir), real)) return { kind: 'refused', status: 403 }
    const contentType = CONTENT_TYPES[path.extname(real).toLowerCase()] ?? 'application/octet-stream'
    return { kind: 'file', contentType, body: await readFile(real) }
  } catch (error) {
    if (isMissing(error)) return { kind: 'refused', status: 404 }
    throw error
  }
}

function isInside(folder: string, file: string): boolean {
  const relative = path.relative(folder, file)
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative)
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EISDIR'].includes(String(error.code))
}
