import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * Stands for an old pipeline: what a test has in the place of somebody's scripts. `node old-command-script.ts MODE [options]`, where the
 * modes are the ways in which such scripts behave.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    from: { type: 'string', default: '' },
    to: { type: 'string', default: '' },
    symbols: { type: 'string', default: '' },
    out: { type: 'string', default: '.' },
    /** Folder to copy from. */
    source: { type: 'string', default: '.' },
    /** File that remembers how often the script was run. */
    counter: { type: 'string' },
    /** Added to every tenth close when the script is run for the second time. */
    shift: { type: 'string', default: '0' },
    /** Added to every tenth close that is copied, every time. */
    offset: { type: 'string', default: '0' },
    bytes: { type: 'string', default: '0' },
  },
})

const forever = (): void => void setInterval(() => undefined, 1_000_000)
const ignoreTerm = (): void => void process.on('SIGTERM', () => undefined)

/** How often the script was run before, noting this time. */
function timesBefore(): number {
  if (values.counter === undefined) return 0
  const times = existsSync(values.counter) ? Number(readFileSync(values.counter, 'utf8')) : 0
  writeFileSync(values.counter, String(times + 1))
  return times
}

/** A bar a minute from 09:30 to 15:59 on every weekday of the range. */
function writeBars(): void {
  const shift = timesBefore() % 2 === 1 ? Number(values.shift) : 0
  for (const symbol of values.symbols.split(',')) {
    const lines = ['datetime,open,high,low,close,volume']
    for (let day = Date.parse(values.from); day <= Date.parse(values.to); day += 86_400_000) {
      if ([0, 6].includes(new Date(day).getUTCDay())) continue
      for (let minute = 0; minute < 390; minute++) {
        const time = new Date(day + (570 + minute) * 60_000).toISOString().slice(0, 19).replace('T', ' ')
        const price = 100 + (minute % 50) / 100
        const close = price + (minute % 10 === 0 ? shift : 0)
        lines.push([time, price, price + 1, price - 1, close, 100 + minute].join(','))
      }
    }
    writeFileSync(join(values.out, `${symbol}.csv`), `${lines.join('\n')}\n`)
  }
}

function copyBars(): void {
  const by = Number(values.offset) + (timesBefore() % 2 === 1 ? Number(values.shift) : 0)
  for (const symbol of values.symbols.split(',')) {
    const lines = readFileSync(join(values.source, `${symbol}.csv`), 'utf8').split('\n')
    const changed = lines.map((line, i) => {
      if (by === 0 || i % 10 !== 1 || line === '') return line
      const cells = line.split(',')
      return cells.with(4, (Number(cells[4]) + by).toFixed(4)).join(',')
    })
    writeFileSync(join(values.out, `${symbol}.csv`), changed.join('\n'))
    console.log(`wrote ${symbol}`)
  }
}

switch (positionals[0]) {
  case 'bars':
    writeBars()
    break
  case 'copy':
    copyBars()
    break
  case 'tell':
    console.log(JSON.stringify({ argv: process.argv.slice(2), env: process.env, cwd: process.cwd() }))
    break
  case 'fail':
    writeFileSync(join(values.out, 'half.csv'), 'datetime,op')
    console.log('fetching')
    console.error('\u001B[31mno connection to the broker\u001B[0m')
    process.exitCode = 7
    break
  case 'print': {
    const line = `${'x'.repeat(99)}\n`
    console.log('the first line')
    for (let printed = 0; printed < Number(values.bytes); printed += line.length) process.stdout.write(line)
    console.log('the last line')
    break
  }
  case 'leave-behind':
    // The child has streams of its own, so that only its being alive shows that the work is not done.
    spawn(process.execPath, [import.meta.filename, 'late', '--out', values.out], { stdio: 'ignore' }).unref()
    console.log('began in the background')
    break
  case 'late':
    setTimeout(() => writeFileSync(join(values.out, 'late.txt'), 'done'), 700)
    break
  case 'stubborn': {
    ignoreTerm()
    const child = spawn(process.execPath, [import.meta.filename, 'stubborn-child'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child.stdout.once('data', () => console.log(`ready ${process.pid} ${child.pid}`))
    forever()
    break
  }
  case 'stubborn-child':
    ignoreTerm()
    console.log('ready')
    forever()
    break
  case 'hang-at-first':
    if (timesBefore() > 0) writeBars()
    else {
      ignoreTerm()
      writeFileSync(join(values.out, 'half.csv'), 'datetime,op')
      console.log(`ready ${process.pid}`)
      writeFileSync(join(values.source, 'pid'), String(process.pid))
      forever()
    }
    break
  default:
    throw new Error(`unknown mode ${positionals[0]}`)
}
