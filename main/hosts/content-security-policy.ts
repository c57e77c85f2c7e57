/**
 * What the console's page may do when a browser loads it from the headless server: its own scripts and the socket to the same
 * host. Mantine sets styles on elements, hence 'unsafe-inline' for styles and for nothing else.
 */
export function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
