import {
  IconArchive,
  IconArrowsLeftRight,
  IconDownload,
  IconLayoutDashboard,
  IconPlugConnected,
  IconShieldCheck,
} from '@tabler/icons-react'
import { Link, useLocation } from 'wouter'
import { useOverview } from '../engine-queries.ts'
import { formatCount } from '../format/numbers.ts'
import classes from './sidebar.module.css'

const PAGES = [
  { href: '/', name: 'Overview', Icon: IconLayoutDashboard },
  { href: '/connection', name: 'Connection', Icon: IconPlugConnected },
  { href: '/ingest', name: 'Ingest', Icon: IconDownload },
  { href: '/quality', name: 'Quality', Icon: IconShieldCheck },
  { href: '/old-data', name: 'Old data', Icon: IconArchive },
  { href: '/compare', name: 'Compare', Icon: IconArrowsLeftRight },
] as const

/** The pages. */
export function Sidebar() {
  const [path] = useLocation()
  const overview = useOverview().data
  const version = overview?.version
  const toLookAt = overview?.findings.reduce((sum, { severity, open }) => (severity === 'info' ? sum : sum + open), 0)
  return (
    <nav className={classes.nav} aria-label="Pages">
      <ul className={classes.list}>
        {PAGES.map(({ href, name, Icon }) => {
          const isCurrent = href === '/' ? path === '/' : path.startsWith(href)
          return (
            <li key={href}>
              <Link href={href} className={classes.link ?? ''} aria-current={isCurrent ? 'page' : undefined}>
                <Icon size={16} stroke={1.8} aria-hidden />
                {name}
                {href === '/quality' && toLookAt !== undefined && toLookAt > 0 && (
                  <span className={classes.count} title="Open errors and warnings">
                    {formatCount(toLookAt)}
                  </span>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
      {version !== undefined && <p className={classes.version}>Version {version}</p>}
    </nav>
  )
}
