/** Where a request may carry a secret: a cookie, the headers and parameters that the clients of each protocol use. */

/** Holds the secret of a sign-in. */
export const COOKIE = 'parley_session'

/** OpenAI and Deepgram write Authorization, Azure's and other SDKs a header of their own. */
const HEADERS = ['x-api-key', 'api-key', 'xi-api-key']
/** Where clients cannot set headers: WhisperLive, WhisperLiveKit, Skynet. */
const PARAMETERS = ['token', 'api_key', 'auth_token']
/** The longest secret is shorter. */
const LONGEST = 256

export function shownSecrets(url: URL, headers: Headers): string[] {
  const cookie = new Bun.CookieMap(headers.get('cookie') ?? '').get(COOKIE) ?? ''
  const bearer = /^(?:Bearer|Token) (\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  return [
    cookie,
    bearer,
    ...HEADERS.map((name) => headers.get(name) ?? ''),
    ...PARAMETERS.map((name) => url.searchParams.get(name) ?? ''),
  ].filter((secret) => secret !== '' && secret.length <= LONGEST)
}
