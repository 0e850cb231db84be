// What the programs in Node.js share: where the server is, and how a case is told.
import { createRequire } from 'node:module'
import { isDeepStrictEqual } from 'node:util'

export const require = createRequire(import.meta.url)
export const host = process.env.REDIS_HOST
export const port = Number(process.env.REDIS_PORT)
export const ports = process.env.REDIS_PORTS.split(' ').map(Number)
export const url = process.env.REDIS_URL

// An error that nobody catches is a fault of the run, not its quiet end.
process.on('unhandledRejection', e => { tell('(unhandled)', `FAILED ${e?.stack ?? e}`); process.exit(1) })
process.on('uncaughtException', e => { tell('(uncaught)', `FAILED ${e?.stack ?? e}`); process.exit(1) })

function tell(name, result) {
  process.stdout.write(`case\t${name}\t${result.replaceAll('\n', ' | ')}\n`)
}

// check runs a case and tells what it returns, which has to be the same with every server.
export async function check(name, f, limit = 20_000) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('no end')), limit) })
  try {
    tell(name, JSON.stringify(await Promise.race([f(), late])) ?? 'undefined')
  } catch (e) {
    tell(name, `FAILED ${e?.message ?? e}`)
  } finally {
    clearTimeout(timer)
  }
}

// equal ends a case that has gone wrong whatever the other server says.
export function equal(got, want) {
  if (!isDeepStrictEqual(got, want)) throw new Error(`${JSON.stringify(got)} instead of ${JSON.stringify(want)}`)
}

// until waits for a condition, and returns what it came to.
export async function until(f) {
  for (let i = 0; i < 1500; i++) {
    const v = await f()
    if (v) return v
    await sleep(10)
  }
  throw new Error(`never: ${f}`)
}

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

// event waits for an emitter's event and returns its arguments.
export const event = (emitter, name) => new Promise(resolve => emitter.once(name, (...args) => resolve(args)))

// errorOf returns the text of the error that a promise ends with.
export const errorOf = promise => promise.then(v => { throw new Error(`no error but ${JSON.stringify(v)}`) }, e => e.message)

// finish ends the program, whatever still holds connections.
export const finish = () => process.stdout.write('', () => process.exit(0))
