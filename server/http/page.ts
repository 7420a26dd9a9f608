/** The one doorway between the web build and the server: bundled files in memory, compressed, cacheable, with a strict CSP. */
import { basename } from 'node:path'
import worklet from '../../web/audio/capture.worklet.js' with { type: 'file' }
import index from '../../web/index.html'
import icon from '../../web/public/icon.svg' with { type: 'file' }
import icon192 from '../../web/public/icon-192.png' with { type: 'file' }
import icon512 from '../../web/public/icon-512.png' with { type: 'file' }
import manifest from '../../web/public/manifest.webmanifest' with { type: 'file' }
import serviceWorker from '../../web/public/sw.js' with { type: 'file' }
import { hasVersion } from './range.ts'

interface Asset {
  body: Uint8Array<ArrayBuffer>
  type: string
  /** A name that changes with the content: the browser may keep it for ever. */
  immutable: boolean
  etag: string
  gzip?: Uint8Array<ArrayBuffer>
}

/** Everything a page may do; scripts, styles and sockets only from ourselves. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "worker-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "media-src 'self' blob:",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ')

const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'microphone=(self), display-capture=(self), camera=(), geolocation=()',
  'cross-origin-opener-policy': 'same-origin',
}

export interface Page {
  /** The file or page for a path, or null. Unknown paths without a dot get the app: it routes them. */
  respond(request: Request, path: string): Response | null
}

/** Bundles the web app (from source), or takes the bundle inside the executable. About 0.3 s from source, once at start. */
export async function loadPage(): Promise<Page> {
  const assets = new Map<string, Asset>()
  const add = (path: string, body: Uint8Array<ArrayBuffer>, type: string, immutable: boolean) => {
    const etag = `"${Bun.hash(body).toString(36)}"`
    assets.set(path, { body, type, immutable, etag })
  }
  for (const file of await bundledFiles(index)) {
    const isPage = file.path.endsWith('.html')
    add(isPage ? '/index.html' : `/${basename(file.path)}`, file.body, file.type, !isPage)
  }
  add('/capture.worklet.js', await Bun.file(worklet).bytes(), 'text/javascript;charset=utf-8', false)
  add('/icon.svg', await Bun.file(icon).bytes(), 'image/svg+xml', false)
  add('/icon-192.png', await Bun.file(icon192).bytes(), 'image/png', false)
  add('/icon-512.png', await Bun.file(icon512).bytes(), 'image/png', false)
  add('/sw.js', await Bun.file(serviceWorker).bytes(), 'text/javascript;charset=utf-8', false)
  add('/manifest.webmanifest', await Bun.file(manifest).bytes(), 'application/manifest+json', false)
  return { respond: (request, path) => respond(assets, request, path) }
}

function respond(assets: Map<string, Asset>, request: Request, path: string): Response | null {
  const isFile = path.slice(path.lastIndexOf('/')).includes('.')
  const asset = assets.get(path) ?? (isFile ? undefined : assets.get('/index.html'))
  if (!asset) return null
  const headers: Record<string, string> = {
    ...SECURITY_HEADERS,
    'content-type': asset.type,
    etag: asset.etag,
    'cache-control': asset.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
  }
  if (hasVersion(request.headers.get('if-none-match'), asset.etag))
    return new Response(null, { status: 304, headers })
  if (request.headers.get('accept-encoding')?.includes('gzip') && asset.body.length > 1024) {
    asset.gzip ??= Bun.gzipSync(asset.body, { level: 9 })
    return new Response(asset.gzip, { headers: { ...headers, 'content-encoding': 'gzip' } })
  }
  return new Response(asset.body, { headers })
}

interface BundledFile {
  path: string
  type: string
  body: Uint8Array<ArrayBuffer>
}

async function bundledFiles(bundle: Bun.HTMLBundle): Promise<BundledFile[]> {
  const files = (bundle as { files?: { path: string; loader: string }[] }).files
  if (files) {
    return Promise.all(
      files.map(async ({ path }) => ({
        path,
        type: typeOf(path),
        body: absolute(path, await Bun.file(path).bytes()),
      })),
    )
  }
  const built = await Bun.build({
    entrypoints: [bundle.index],
    minify: true,
    splitting: true,
    target: 'browser',
    // Without it the bundler writes the longer development calls for every element.
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return Promise.all(
    built.outputs.map(async (output) => {
      const body = new Uint8Array(await output.arrayBuffer())
      return { path: output.path, type: typeOf(output.path), body: absolute(output.path, body) }
    }),
  )
}

/** Pages live at any depth (`/r/…`), so what they load is named from the root. */
function absolute(path: string, body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (!path.endsWith('.html')) return body
  const html = new TextDecoder().decode(body)
  return new TextEncoder().encode(html.replaceAll(/(src|href)="\.\/(?!\/)/g, '$1="/'))
}

function typeOf(path: string): string {
  const type = Bun.file(path).type
  return type === 'application/octet-stream' && path.endsWith('.js') ? 'text/javascript;charset=utf-8' : type
}
