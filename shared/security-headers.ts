/**
 * Headers of everything that a host of the console gives out, refusals included.
 *
 * @param sockets addresses that the page may connect to besides its own, for example `ws://127.0.0.1:4000`.
 */
export function securityHeaders(sockets: readonly string[]): Readonly<Record<string, string>> {
  return {
    'content-security-policy': contentSecurityPolicy(sockets),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}

/**
 * What the console's page may load: its own files, nothing from any network. Styles set from script are allowed because the
 * component library writes them; scripts are not. `blob:` and `data:` images are charts drawn for export.
 *
 * Source of the directives: W3C Content Security Policy Level 3.
 */
function contentSecurityPolicy(sockets: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ["connect-src 'self'", ...sockets].join(' '),
    "worker-src 'self'",
    "object-src 'none'",
    "frame-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
