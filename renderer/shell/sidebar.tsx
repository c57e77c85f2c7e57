import {
  IconArrowsLeftRight,
  IconDownload,
  IconLayoutDashboard,
  IconPlugConnected,
  IconShieldCheck,
} from '@tabler/icons-react'
import { Link, useLocation } from 'wouter'
import { useOverview } from '../engine-queries.ts'
import classes from './sidebar.module.css'

const PAGES = [
  { href: '/', name: 'Overview', Icon: IconLayoutDashboard },
  { href: '/connection', name: 'Connection', Icon: IconPlugConnected },
  { href: '/ingest', name: 'Ingest', Icon: IconDownload },
  { href: '/quality', name: 'Quality', Icon: IconShieldCheck },
  { href: '/compare', name: 'Compare', Icon: IconArrowsLeftRight },
] as const

/** The pages. */
export function Sidebar() {
  const [path] = useLocation()
  const version = useOverview().data?.version
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
              </Link>
            </li>
          )
        })}
      </ul>
      {version !== undefined && <p className={classes.version}>Version {version}</p>}
    </nav>
  )
}
