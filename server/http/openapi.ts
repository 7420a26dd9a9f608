/** /openapi.json, generated from the routes themselves, and /docs: a page that reads it without any outside help. */
import { type Env, Hono } from 'hono'
import { generateSpecs } from 'hono-openapi'
import { TOLD } from '../core/webhook-types.ts'
import page from './docs.html' with { type: 'text' }
import { webhookDocs } from './webhook-docs.ts'

const html = page as unknown as string

/** The page's own script and style, by their hashes; nothing else runs, nothing is loaded from elsewhere. */
const policy = [
  "default-src 'none'",
  `script-src '${hashOf('script')}'`,
  `style-src '${hashOf('style')}'`,
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join('; ')

function hashOf(element: 'script' | 'style'): string {
  const body = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(html)?.[1] ?? ''
  return `sha256-${new Bun.CryptoHasher('sha256').update(body).digest('base64')}`
}

export function openApiRoutes<E extends Env>(api: Hono<E>, version: string): Hono {
  const app = new Hono()
  let document: Promise<unknown> | null = null
  app.get('/openapi.json', async (c) => {
    document ??= generateSpecs(api, {
      excludeStaticFile: false,
      defaultValidationErrorResponse: false,
      documentation: {
        info: {
          title: 'Parley',
          version,
          description:
            'Live subtitles. Errors are `{error: {code, message}}`; 429 and 503 carry Retry-After. WebSocket protocols are described in the README.',
        },
        components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
        security: [{ key: [] }],
      },
    })
    return c.json({ ...((await document) as object), webhooks: webhookDocs(Object.values(TOLD)) })
  })
  app.get('/docs', (c) => {
    c.header('Content-Security-Policy', policy)
    return c.html(html)
  })
  return app
}
