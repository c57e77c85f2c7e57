import { Link, useLocation } from 'wouter'
import { Page } from '../components/page.tsx'

/** For an address that names no page. */
export function NotFoundPage() {
  const [path] = useLocation()
  return (
    <Page title="No such page" sentence={`Nothing is at ${path}.`}>
      <Link href="/">Go to the overview</Link>
    </Page>
  )
}
