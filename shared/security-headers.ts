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
 * component library writes them; scripts are not.
 *
 * Images come from the console's own files or from `blob:`, which is how a chart is drawn for export: its SVG is loaded as an
 * image to get it onto a canvas. A blob is made by the page itself and has the page's origin in both hosts (`app://switchyard`
 * and the headless server's address), so nothing foreign gets in and the canvas may be read. `data:` is not needed: the font in
 * that SVG is a `data:` address, but an SVG in an image is a document of its own that this policy does not reach and that can
 * load nothing from any network.
 *
 * Source of the directives: W3C Content Security Policy Level 3.
 */
function contentSecurityPolicy(sockets: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob:",
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
