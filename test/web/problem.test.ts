/** Errors of the server in the reader's language. */
import { afterAll, expect, test } from 'bun:test'
import { en } from '../../web/i18n/en.ts'
import { foreign, locale } from '../../web/i18n/index.ts'
import { problemText } from '../../web/i18n/problem.ts'
import { ApiError, errorOf } from '../../web/net/json-call.ts'

const others = await Promise.all(
  (['de', 'fr', 'es', 'ar', 'ja'] as const).map(async (language) => {
    const all = await import(`../../web/i18n/${language}.ts`)
    return { language, all: all[language] as typeof en }
  }),
)
afterAll(() => {
  foreign.value = null
  locale.value = 'en'
})

test('[WB97] in English the server’s own sentence stands alone', () => {
  expect(problemText(new ApiError(409, 'conflict', 'The room x already exists.'))).toBe(
    'The room x already exists.',
  )
  expect(problemText(new TypeError(''))).toBe(en.common.somethingWrong)
})

for (const { language, all } of others)
  test(`[WB97] ${language}: the code gives the words, the sentence is the detail; an unknown code keeps the sentence`, () => {
    foreign.value = all
    locale.value = language
    expect(problemText(errorOf(404, { error: { code: 'not_found', message: 'Gone.' } }))).toBe(
      `${all.problems['not-found']} (Gone.)`,
    )
    expect(problemText(new ApiError(0, 'offline', 'The server cannot be reached.'))).toBe(
      all.problems.offline,
    )
    expect(problemText(new ApiError(418, 'teapot', 'No coffee.'))).toBe('No coffee.')
    expect(problemText({ code: 'withdrawn', message: '' })).toBe(all.problems.withdrawn)
    expect(Object.values(all.problems).filter((words) => words.trim() === '')).toEqual([])
    expect(Object.keys(all.problems).sort()).toEqual(Object.keys(others[0]?.all.problems ?? {}).sort())
  })
