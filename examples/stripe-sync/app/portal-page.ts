const STYLE = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #1e293b; max-width: 56rem }
  h1 { font-size: 1.3rem } button { font: inherit; padding: .4rem 1rem }
  table { border-collapse: collapse; margin-top: 1rem; width: 100% } th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #e2e8f0 }
  td.number { font-variant-numeric: tabular-nums }`

/** The token leaves the address at once, so that it is in no history and no Referer. */
const SCRIPT = `
  const token = new URLSearchParams(location.search).get('token') ?? ''
  history.replaceState(null, '', location.pathname)
  const button = document.querySelector('button')
  const status = document.querySelector('#status')
  const say = (text) => { status.textContent = text }

  async function ask (method, path) {
    const answer = await fetch(path, { method, headers: { Authorization: 'Bearer ' + token } })
    const json = await answer.json()
    if (answer.ok) return json
    button.disabled = true
    throw new Error(json.error)
  }

  function row (sync) {
    const line = document.createElement('tr')
    for (const text of [sync.started_at, sync.status, sync.records_found, sync.records_posted, sync.alerts_raised, sync.completed_at ?? '', sync.error ?? '']) {
      const cell = line.appendChild(document.createElement('td'))
      cell.textContent = text
      if (typeof text === 'number') cell.className = 'number'
    }
    return line
  }

  async function show () {
    const { data } = await ask('GET', '/api/syncs')
    document.querySelector('tbody').replaceChildren(...data.map(row))
    const isRunning = data.some(({ status }) => status === 'running')
    button.disabled = isRunning
    say(isRunning ? 'A sync is running.' : data.length === 0 ? 'Nothing was synced yet.' : '')
    if (isRunning) setTimeout(() => { show().catch((error) => say(error.message)) }, 1000)
  }

  button.addEventListener('click', () => {
    button.disabled = true
    ask('POST', '/api/sync').then(show).catch((error) => say(error.message))
  })
  show().catch((error) => say(error.message))`

const page = (nonce: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stripe Sync</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<h1>Stripe Sync</h1>
${body}
</body>
</html>
`

/** The portal: it talks to the app's own backend only, which has the ledger's key. */
export const portalPage = (nonce: string): string => page(nonce, `<p><button type="button">Sync now</button> <span id="status" role="status"></span></p>
<table>
<thead><tr><th>Started<th>Status<th>Found<th>Posted<th>Alerts<th>Completed<th>Error</tr></thead>
<tbody></tbody>
</table>
<script nonce="${nonce}">${SCRIPT}</script>`)

/** @param sentence plain text without markup */
export const closedPage = (nonce: string, sentence: string): string => page(nonce, `<p>${sentence}</p>`)

/** Blnk Cloud's console may show the portal in a frame (its documentation of apps), and whoever is added. */
export const policy = (nonce: string, frameAncestors: readonly string[]): string => [
  "default-src 'none'",
  `script-src 'nonce-${nonce}'`,
  `style-src 'nonce-${nonce}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  `frame-ancestors ${["'self'", 'https://blnkfinance.com', 'https://*.blnkfinance.com', ...frameAncestors].join(' ')}`
].join('; ')
