import { protocol } from 'electron'
import { securityHeaders } from '#shared/security-headers.ts'
import { APP_SCHEME } from './app-address.ts'
import { readRendererFile } from './renderer-file.ts'

/** Gives the application's scheme an origin, storage and fetch, as https has. Must be called once, before the application is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: APP_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
    },
  ])
}

const SECURITY_HEADERS = securityHeaders([])

/** Serves the built console below `rendererDir` under the application's scheme: GET and HEAD only, with a strict policy. */
export function serveRenderer(rendererDir: string): void {
  protocol.handle(APP_SCHEME, async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405)
    const file = await readRendererFile(rendererDir, request.url)
    if (file.kind === 'refused') return refuse(file.status)
    return new Response(request.method === 'HEAD' ? null : file.body, {
      headers: { ...SECURITY_HEADERS, 'content-type': file.contentType, 'cache-control': 'no-cache' },
    })
  })
}

function refuse(status: number): Response {
  return new Response(null, { status, headers: SECURITY_HEADERS })
}
