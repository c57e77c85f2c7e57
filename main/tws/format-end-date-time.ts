/** An instant as TWS takes it without doubt about the zone: `yyyymmdd-hh:mm:ss` in UTC. */
export function formatEndDateTime(ts: number): string {
  const iso = new Date(ts * 1000).toISOString()
  return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 19)}`
}
