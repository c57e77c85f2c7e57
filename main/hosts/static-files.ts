import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

/** Sends a file below `folder`; answers 404 for everything else, also for what a path or a link would reach outside. */
export async function sendFile(folder: string, urlPath: string, response: ServerResponse): Promise<void> {
  const file = await locate(folder, urlPath)
  if (file === null) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found.\n')
    return
  }
  // Built files carry a hash in their names; only index.html changes under its name.
  const cache = urlPath.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  response.writeHead(200, {
    'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    'cache-control': cache,
  })
  try {
    // Closes the file also when the visitor leaves in the middle.
    await pipeline(createReadStream(file), response)
  } catch {
    response.destroy()
  }
}

async function locate(folder: string, urlPath: string): Promise<string | null> {
  try {
    const root = await realpath(folder)
    const relative = decodeURIComponent(urlPath === '/' ? '/index.html' : urlPath)
    if (relative.includes('\0')) return null
    const file = await realpath(join(root, relative))
    if (!file.startsWith(root + sep)) return null
    return (await stat(file)).isFile() ? file : null
  } catch {
    // No such file, or a path that is no valid URI component: both are "not found" to a visitor.
    return null
  }
}
